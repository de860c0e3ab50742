import type { Refusal, Waiting } from '../catalog/activation-event.ts';
import type { HistoryEntry } from '../catalog/history.ts';
import type { Revision } from '../catalog/revision.ts';
import type { Sources } from '../catalog/sources.ts';
import type { Environment } from '../core/environment.ts';
import type { Finding } from '../core/finding.ts';
import { describeOrigin, type Traced } from '../core/origin.ts';
import { showReference } from '../core/references.ts';
import { explainDeployment, explainService, leavesOf } from '../core/render/explanation.ts';
import type { ResolvedDeployment, ResolvedService } from '../core/resolved.ts';
import { Secret } from '../core/secret.ts';

/** What `GET /debug/redis-config` is made of. */
export interface Explained {
  readonly environment: Environment;
  readonly network: { readonly name: string; readonly detectedFrom: string };
  readonly revision: Revision | null;
  /** Of the revision; before the first one, what was declared. */
  readonly declared: Sources | null;
  readonly refusal: Refusal | null;
  readonly waiting: Waiting | null;
  /** Null where it was not asked for. */
  readonly history: readonly HistoryEntry[] | null;
  /** Null: all services. */
  readonly service: string | null;
}

/** Stands for every name, where every valid name is a service. */
const ANY_SERVICE = '*';

function* servicesOf({ revision, service }: Explained): Generator<readonly [string, ResolvedService]> {
  if (revision === null) return;
  if (revision.template !== null)
    yield [service ?? ANY_SERVICE, { ...revision.template, name: service ?? ANY_SERVICE }];
  else if (service === null) yield* revision.services;
  else {
    const found = revision.services.get(service);
    if (found !== undefined) yield [service, found];
  }
}

/** The deployments that matter: all, or those of the one service. */
function deploymentsOf(explained: Explained): (readonly [string, ResolvedDeployment])[] {
  const all = [...(explained.revision?.deployments ?? [])];
  if (explained.service === null) return all;
  const used = new Set(
    [...servicesOf(explained)].flatMap(([, service]) => service.connections.map(({ deployment }) => deployment.value)),
  );
  return all.filter(([name]) => used.has(name));
}

function headOf(explained: Explained): Record<string, unknown> {
  const { environment, network, revision, refusal, waiting } = explained;
  const faults = waiting?.faults.map(([deployment, fault]) => ({ deployment, ...fault }));
  return {
    environment,
    network,
    catalog: {
      source: catalogOf(explained),
      revision: revision?.number ?? null,
      activatedAt: revision?.activatedAt ?? null,
      refused: refusal,
      waiting: waiting === null ? null : { since: waiting.since, faults },
    },
    preflight: Object.fromEntries(revision?.preflight ?? []),
  };
}

/** The catalog's file, also when it cannot be read. */
function catalogOf({ declared }: Explained): string | null {
  const unread = declared?.problems.find(({ origin }) => origin?.layer === 'catalog-base');
  return declared?.catalog?.file ?? unread?.origin?.file ?? null;
}

function secretsOf(revision: Revision | null): Record<string, unknown>[] {
  return (revision?.sources.secretUses ?? []).map(({ reference, usedBy }) => {
    const reading = revision?.sources.readings.get(reference);
    return {
      reference: showReference(reference, reading?.ok === true),
      usedBy,
      readAt: reading?.ok ? reading.readAt : null,
      problem: reading?.ok === false ? reading.problem : null,
    };
  });
}

/** Names of the variables that could matter, by layer. Never their values. */
function variablesOf({ declared }: Explained): { layer: string; names: string[] }[] {
  return (declared?.variables ?? []).map(({ layer, variables }) => ({
    layer,
    names: [...variables.keys()]
      .filter((name) => /^(REDIS_|BEACON_|ENVIRONMENT$|APP_ENV$|NODE_ENV$)/.test(name))
      .sort(),
  }));
}

/** The answer in pieces: a catalog of 10,000 services must not become one string while others wait. */
export function* explainJson(explained: Explained): Generator<string> {
  const { revision } = explained;
  yield JSON.stringify(headOf(explained)).slice(0, -1);
  const deployments = deploymentsOf(explained).map(([name, deployment]) => [name, explainDeployment(deployment)]);
  yield `,"deployments":${JSON.stringify(Object.fromEntries(deployments))},"services":{`;
  let separator = '';
  for (const [name, service] of servicesOf(explained)) {
    yield `${separator}${JSON.stringify(name)}:${JSON.stringify(explainService(service))}`;
    separator = ',';
  }
  const tail = {
    findings: revision?.findings ?? [],
    secrets: secretsOf(revision),
    variables: variablesOf(explained),
    ...(explained.history === null ? {} : { history: explained.history }),
  };
  yield `},${JSON.stringify(tail).slice(1)}`;
}

/** The same for reading in a terminal: values in one column, where they come from in the next. */
export function* explainText(explained: Explained): Generator<string> {
  const { revision } = explained;
  yield* textHead(explained);
  yield* textFindings('findings', revision?.findings ?? []);
  for (const [name, deployment] of deploymentsOf(explained))
    yield* textLeaves(`deployments.${name}`, explainDeployment(deployment));
  for (const [name, service] of servicesOf(explained)) yield* textLeaves(`services.${name}`, explainService(service));
  yield '\nsecrets\n';
  for (const { reference, usedBy, readAt, problem } of secretsOf(revision))
    yield `  ${reference}  used by ${String(usedBy)}, ${readAt === null ? `NOT READ: ${problem}` : `read at ${readAt}`}\n`;
  yield '\nvariables seen (names only)\n';
  for (const { layer, names } of variablesOf(explained)) yield `  ${layer}: ${names.join(', ') || 'none'}\n`;
  if (explained.history !== null) yield* textHistory(explained.history);
}

function* textHead(explained: Explained): Generator<string> {
  const { environment, network, revision, refusal, waiting } = explained;
  yield `environment  ${environment.name} (${environment.detectedFrom})\n`;
  yield `network      ${network.name} (${network.detectedFrom})\n`;
  yield `catalog      ${catalogOf(explained) ?? 'none: variables and defaults'}\n`;
  yield revision === null
    ? 'revision     none is active\n'
    : `revision     ${revision.number}, active since ${revision.activatedAt}\n`;
  for (const [name, outcome] of revision?.preflight ?? []) {
    yield `preflight    ${name}: ${outcome.status}${outcome.at === null ? '' : ` at ${outcome.at}`}\n`;
    for (const fault of [outcome.fault, ...outcome.warnings])
      if (fault !== null) yield `             ${fault.code}: ${fault.cause} ${fault.fix}\n`;
  }
  if (waiting !== null) {
    yield `\nWAITING for Redis since ${waiting.since}\n`;
    for (const [name, fault] of waiting.faults)
      yield `  ${name}: ${fault.code}\n    ${fault.cause}\n    fix: ${fault.fix}\n`;
  }
  if (refusal !== null) yield* textFindings(`REFUSED at ${refusal.at}; what is active stays`, refusal.reasons);
}

function* textFindings(title: string, findings: readonly Finding[]): Generator<string> {
  yield `\n${title}\n`;
  if (findings.length === 0) yield '  none\n';
  for (const { severity, code, path, origin, message, fix } of findings) {
    yield `  ${severity.toUpperCase()} ${code}  ${path}${origin === null ? '' : `  (${describeOrigin(origin)})`}\n`;
    yield `    ${message}\n    fix: ${fix}\n`;
  }
}

const PATH_WIDTH_MAX = 60;

function* textLeaves(title: string, view: Record<string, unknown>): Generator<string> {
  yield `\n${title}\n`;
  const leaves = [...leavesOf(view, '')];
  const width = Math.min(PATH_WIDTH_MAX, Math.max(...leaves.map(([path]) => path.length)));
  for (const [path, leaf] of leaves) {
    const shadowed = leaf.shadowed.map(({ value, origin }) => `${show(value)} from ${describeOrigin(origin)}`);
    const from = leaf.origin === null ? 'derived' : describeOrigin(leaf.origin);
    const shadows = shadowed.length === 0 ? '' : `, shadows ${shadowed.join('; ')}`;
    yield `  ${path.slice(1).padEnd(width)} ${show(leaf.value).padEnd(24)} ${from}${shadows}\n`;
  }
}

function show(value: Traced<unknown>['value']): string {
  if (value instanceof Secret) return value.isEmpty ? '(secret, empty)' : '(secret, set)';
  if (value === null) return '-';
  return typeof value === 'string' ? (value === '' ? '""' : value) : JSON.stringify(value);
}

function* textHistory(history: readonly HistoryEntry[]): Generator<string> {
  yield '\nhistory\n';
  for (const { revision, activatedAt, cause, changes, changesTotal } of history) {
    yield `  ${revision}  ${activatedAt}  ${cause}, ${changesTotal} changes\n`;
    for (const { path, from, to } of changes) yield `      ${path}: ${show(from)} -> ${show(to)}\n`;
  }
}
