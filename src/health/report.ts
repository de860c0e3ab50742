import { type Status, worstStatus } from '../core/diagnosis/judge.ts';
import type { Finding } from '../core/finding.ts';
import type { DeploymentHealth } from './deployment-health.ts';
import type { DeploymentMonitor } from './monitor.ts';

/** What stands above the deployments in the answer. */
export interface HealthHeader {
  readonly environment: string;
  readonly revision: number | null;
  /** Why the declared configuration is not the active one: a refused update, a candidate that waits. */
  readonly catalog: CatalogState | null;
}

/** Compared by identity: a new object for a new state. */
export interface CatalogState {
  /** At best this is the verdict. */
  readonly status: Status;
  readonly refusedAt: string | null;
  readonly findings: readonly Pick<Finding, 'code' | 'path' | 'message' | 'fix'>[];
}

export interface HealthReporterOptions {
  readonly monitors: () => ReadonlyMap<string, DeploymentMonitor>;
  readonly header: () => HealthHeader;
  /** Each report comes within this time. */
  readonly deadlineMs: number;
  /** Deployments that cannot be watched, and why. The same state gives the same object. */
  readonly unwatched?: () => Unwatched;
  /** Who is connected to a deployment, added to it as `fleet`; without this there is no such field. */
  readonly fleetOf?: (deployment: string) => readonly object[] | null;
  readonly wallMs?: () => number;
}

/** By deployment. Nothing is known, so the verdict is at best a warning and every ability is null. */
export type Unwatched = Readonly<Record<string, UnwatchedHealth>>;

export interface UnwatchedHealth {
  readonly status: 'warn';
  readonly reachable: null;
  readonly readable: null;
  readonly writable: null;
  readonly findings: readonly Finding[];
}

export interface HealthReport {
  readonly statusCode: 200 | 503;
  readonly status: Status;
  /** JSON as `GET /health/redis` answers it. */
  readonly body: Buffer;
  /** JSON with `status` and `time` only, for callers who may see no more. */
  readonly bodyStatusOnly: Buffer;
}

export interface HealthReporter {
  /** Null: there is no such deployment. Without a name all of them; none at all is a failure. */
  report(deployment?: string): Promise<HealthReport | null>;
}

/**
 * Renders the health answer. All callers whose checks rest on the same PINGs share the same bytes: what a request costs
 * is a place in a queue, not a judgement and not a `JSON.stringify`.
 */
export function createHealthReporter(options: HealthReporterOptions): HealthReporter {
  /** The last rendering for each scope; the empty name stands for all deployments. */
  const rendered = new Map<string, Rendering>();

  async function report(deployment?: string): Promise<HealthReport | null> {
    const header = options.header(); // with the monitors of the same revision, not of one that comes meanwhile
    const monitors = options.monitors();
    const unwatched = options.unwatched?.() ?? NONE;
    if (deployment !== undefined && Object.hasOwn(unwatched, deployment))
      return render(deployment, header, [], [], unwatched);
    const names = deployment === undefined ? [...monitors.keys()] : [deployment];
    const checks = names.map((name) => monitors.get(name)?.check(options.deadlineMs));
    const healths = checks.length === 1 ? [await checks[0]] : await Promise.all(checks);
    const known = healths.filter((health) => health !== undefined);
    return known.length < names.length
      ? null
      : render(deployment ?? '', header, names, known, deployment === undefined ? unwatched : NONE);
  }

  function render(
    scope: string,
    header: HealthHeader,
    names: readonly string[],
    healths: readonly DeploymentHealth[],
    all: Unwatched,
  ): HealthReport {
    const last = rendered.get(scope);
    if (last !== undefined && last.unwatched === all && isSame(last, header, healths)) return last.report;
    const unwatched = scope === '' ? all : pick(all, scope);
    const rendering = {
      header,
      healths,
      unwatched: all,
      report: renderReport(options, header, names, healths, unwatched),
    };
    rendered.set(scope, rendering);
    return rendering.report;
  }

  return { report };
}

const NONE: Unwatched = {};

function pick(all: Unwatched, name: string): Unwatched {
  const health = all[name];
  return health === undefined ? NONE : { [name]: health };
}

interface Rendering {
  readonly header: HealthHeader;
  readonly unwatched: Unwatched;
  readonly healths: readonly DeploymentHealth[];
  readonly report: HealthReport;
}

function isSame(last: Rendering, header: HealthHeader, healths: readonly DeploymentHealth[]): boolean {
  const sameHealths =
    last.healths.length === healths.length && last.healths.every((health, at) => health === healths[at]);
  const { environment, revision, catalog } = last.header;
  return (
    sameHealths && environment === header.environment && revision === header.revision && catalog === header.catalog
  );
}

function renderReport(
  { fleetOf, wallMs = Date.now }: HealthReporterOptions,
  header: HealthHeader,
  names: readonly string[],
  healths: readonly DeploymentHealth[],
  unwatched: Unwatched,
): HealthReport {
  const own = header.catalog === null ? [] : [header.catalog.status];
  const statuses = [...healths, ...Object.values(unwatched)].map((health) => health.status);
  const status = statuses.length === 0 ? 'fail' : worstStatus([...own, ...statuses]);
  const time = new Date(wallMs()).toISOString();
  const deployments = Object.fromEntries(
    healths.map((health, at) => {
      const name = names[at] ?? '';
      return [name, fleetOf === undefined ? health : { ...health, fleet: fleetOf(name) }];
    }),
  );
  return {
    statusCode: status === 'fail' ? 503 : 200,
    status,
    body: Buffer.from(JSON.stringify({ status, ...header, time, deployments: { ...deployments, ...unwatched } })),
    bodyStatusOnly: Buffer.from(JSON.stringify({ status, time })),
  };
}
