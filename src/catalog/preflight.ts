import type { Fault } from '../core/diagnosis/faults.ts';
import { targetOf } from '../core/render/target.ts';
import type { ResolvedConnection, ResolvedDeployment, ResolvedService } from '../core/resolved.ts';
import type { ConnectionTarget } from '../core/target.ts';
import { climb, type LadderResult } from '../redis/ladder.ts';

/** What is known about a deployment before it is served. `at` is ISO 8601. */
export interface PreflightOutcome {
  readonly status: 'pending' | 'proven' | 'failed' | 'waived' | 'not-applicable';
  readonly at: string | null;
  readonly fault: Fault | null;
  readonly warnings: readonly Fault[];
}

export type Preflight = ReadonlyMap<string, PreflightOutcome>;

/** One deployment with every database that its connections use. */
export interface Subject {
  readonly deployment: ResolvedDeployment;
  readonly connection: ResolvedConnection | null;
  readonly dbs: ReadonlySet<number>;
}

const DATABASES_PROVEN_MAX = 16;

/** What to prove: every deployment, with the databases and the pool of the connections that use it. */
export function subjectsOf(
  deployments: ReadonlyMap<string, ResolvedDeployment>,
  services: Iterable<ResolvedService>,
): Map<string, Subject> {
  const subjects = new Map<
    string,
    { deployment: ResolvedDeployment; connection: ResolvedConnection | null; dbs: Set<number> }
  >();
  for (const [name, deployment] of deployments) subjects.set(name, { deployment, connection: null, dbs: new Set() });
  for (const service of services) {
    for (const connection of service.connections) {
      const subject = subjects.get(connection.deployment.value);
      subject?.dbs.add(connection.db.value);
      if (subject !== undefined) subject.connection ??= connection;
    }
  }
  return subjects;
}

export interface PreflightOptions {
  readonly network: string;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}

/** The targets of a deployment: one a database, at most 16; none where it cannot be proven. */
export function targetsOf(subject: Subject, network: string): ConnectionTarget[] {
  const dbs = subject.dbs.size === 0 ? [subject.deployment.db.value] : [...subject.dbs].slice(0, DATABASES_PROVEN_MAX);
  return dbs.flatMap((db) => targetOf(subject.deployment, subject.connection, db, network) ?? []);
}

/** Proves every deployment against its real server: reachable, TLS as declared, credentials, databases, PING. */
export async function runPreflight(
  subjects: ReadonlyMap<string, Subject>,
  options: PreflightOptions,
): Promise<Preflight> {
  const entries = [...subjects].map(async ([name, subject]) => [name, await prove(subject, options)] as const);
  return new Map(await Promise.all(entries));
}

async function prove(subject: Subject, options: PreflightOptions): Promise<PreflightOutcome> {
  const targets = targetsOf(subject, options.network);
  const waived = subject.deployment.waive.preflight !== undefined;
  if (targets.length === 0)
    return { status: waived ? 'waived' : 'not-applicable', at: null, fault: null, warnings: [] };
  const results = await proveDatabases(targets, options);
  const fault = results.find((result) => result.outcome === 'fail')?.fault ?? null;
  const warnings = results[0]?.warnings ?? [];
  const at = options.now().toISOString();
  if (fault === null) return { status: 'proven', at, fault, warnings };
  return { status: waived ? 'waived' : 'failed', at, fault, warnings };
}

/** The first alone, because what is wrong with it is mostly wrong with all; then the others of the same server at once. */
async function proveDatabases(
  [first, ...others]: readonly ConnectionTarget[],
  { deadlineMs, signal }: PreflightOptions,
): Promise<LadderResult[]> {
  if (first === undefined) return [];
  const result = await climb(first, { deadlineMs, signal });
  if (result.outcome === 'fail') return [result];
  return [result, ...(await Promise.all(others.map((target) => climb(target, { deadlineMs, signal }))))];
}

/** All deployments as not yet proven. */
export function pendingPreflight(subjects: ReadonlyMap<string, Subject>): Preflight {
  const pending: PreflightOutcome = { status: 'pending', at: null, fault: null, warnings: [] };
  return new Map([...subjects.keys()].map((name) => [name, pending]));
}
