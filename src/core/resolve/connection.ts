import { WORKLOADS, type Workload } from '../catalog-schema.ts';
import type { Candidate, Traced } from '../origin.ts';
import type { ResolvedConnection, ResolvedDeployment, Retry, TracedFields } from '../resolved.ts';
import { type ResolveContext, report } from './context.ts';
import { BUILT_IN } from './defaults.ts';
import { resolveNumbers } from './fields.ts';
import { resolveHealthCheckInterval } from './monitoring.ts';
import { resolvePool } from './pool.ts';
import { candidates, isNumber, isString, merge, type Section, subsections } from './section.ts';

/** The parts that most connections do not touch: resolved once and shared. */
export type SharedParts = Pick<ResolvedConnection, 'pool' | 'timeouts' | 'retry' | 'healthCheckIntervalMs'>;

export function resolveSharedParts(sections: readonly Section[], path: string, context: ResolveContext): SharedParts {
  return {
    pool: resolvePool(subsections(sections, 'pool'), `${path}.pool`, context),
    timeouts: resolveNumbers(subsections(sections, 'timeouts'), ['connectMs', 'commandMs', 'keepAliveMs']),
    retry: resolveRetry(subsections(sections, 'retry'), `${path}.retry`, context),
    healthCheckIntervalMs: resolveHealthCheckInterval(sections),
  };
}

const SHARED_KEYS = ['pool', 'timeouts', 'retry', 'healthCheckIntervalMs'];

/** What the layers say about one connection. */
export interface ConnectionSources {
  readonly name: string;
  readonly path: string;
  /** Base and overlay, lowest first. */
  readonly sections: readonly Section[];
  readonly defaults: readonly Section[];
  readonly shared: SharedParts;
  readonly deployment: Traced<string>;
  /** Values for `db` that go before what the catalog says: variables. */
  readonly dbVariables: readonly Candidate<number>[];
}

function isWorkload(value: unknown): value is Workload | null {
  return WORKLOADS.some((workload) => workload === value);
}

/** Resolves one connection on an already resolved deployment. */
export function resolveConnection(
  sources: ConnectionSources,
  deployment: ResolvedDeployment,
  context: ResolveContext,
): ResolvedConnection {
  const { name, path, sections } = sources;
  const ownsShared = sections.some((section) => SHARED_KEYS.some((key) => Object.hasOwn(section.values, key)));
  const shared = ownsShared ? resolveSharedParts([...sources.defaults, ...sections], path, context) : sources.shared;
  const db = resolveConnectionDb(sources, deployment);
  // one wrong database of the deployment is one problem, however many connections have it
  checkDb(
    db,
    deployment,
    db.origin === deployment.db.origin ? `deployments.${deployment.name}.db` : `${path}.db`,
    context,
  );
  return {
    name,
    deployment: sources.deployment,
    db,
    keyPrefix: merge(candidates(sections, 'keyPrefix', isString)) ?? NO_PREFIX,
    workload: merge(candidates(sections, 'workload', isWorkload)) ?? NO_WORKLOAD,
    ...shared,
  };
}

const NO_PREFIX: Traced<string> = { value: '', origin: BUILT_IN, shadowed: [] };
const NO_WORKLOAD: Traced<Workload | null> = { value: null, origin: BUILT_IN, shadowed: [] };

/** The connection's own database goes before the deployment's; a variable for this connection before both. */
function resolveConnectionDb(sources: ConnectionSources, deployment: ResolvedDeployment): Traced<number> {
  const own = [...candidates(sources.sections, 'db', isNumber), ...sources.dbVariables];
  if (own.length === 0) return deployment.db;
  const { value, origin, shadowed } = deployment.db;
  const below = [...shadowed.toReversed(), { value, origin }].filter(
    ({ origin: from }) => !own.some((candidate) => candidate.origin === from),
  );
  return merge([...below, ...own]) ?? deployment.db;
}

function checkDb(db: Traced<number>, deployment: ResolvedDeployment, path: string, context: ResolveContext): void {
  const place = { path, origin: db.origin };
  if (deployment.topology.value === 'cluster' && db.value !== 0) {
    const message = `Database ${db.value} is chosen, but ${deployment.name} is a cluster, which has 0 only.`;
    report(context, 'CLUSTER_DB_NOT_ZERO', place, message, 'Use db 0 and a key prefix.');
  } else if (db.value >= deployment.databases.value) {
    const message = `Database ${db.value} is chosen, but ${deployment.name} has 0 to ${deployment.databases.value - 1}.`;
    const fix = `Choose a lower one, or set deployments.${deployment.name}.databases if the server has more.`;
    report(context, 'DB_OUT_OF_RANGE', place, message, fix);
  }
}

function resolveRetry(sections: readonly Section[], path: string, context: ResolveContext): TracedFields<Retry> {
  const retry = resolveNumbers(sections, ['maxAttempts', 'baseMs', 'capMs']);
  if (retry.baseMs.value > retry.capMs.value) {
    const message = `retry.baseMs is ${retry.baseMs.value}, but retry.capMs is ${retry.capMs.value}.`;
    const place = { path: `${path}.baseMs`, origin: retry.baseMs.origin };
    report(context, 'RETRY_BASE_ABOVE_CAP', place, message, 'Lower baseMs or raise capMs.');
  }
  return retry;
}
