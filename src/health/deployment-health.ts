import type { Fault } from '../core/diagnosis/faults.ts';
import type { Ability, Status } from '../core/diagnosis/judge.ts';
import type { ServerFacts } from '../core/diagnosis/observed.ts';
import type { Finding } from '../core/finding.ts';
import type { PoolStatistics } from '../redis/pool-statistics.ts';
import type { WindowSummary } from './window.ts';

/** The PING on which an answer rests. Null: none was sent, or none was answered. */
export interface PingReport {
  readonly latencyMs: number | null;
  readonly sentAt: string | null;
  /** How long this service's own event loop was blocked meanwhile; part of `latencyMs`. */
  readonly eventLoopDelayMs: number | null;
}

export interface FaultReport extends Fault {
  /** When the deployment turned to `fail`, ISO 8601. */
  readonly since: string;
}

export interface TlsReport {
  readonly protocol: string | null;
  /** End of the server certificate's validity, ISO 8601. */
  readonly validTo: string | null;
  readonly daysLeft: number | null;
}

/** One deployment in the health answer. Frozen in meaning: a new object is made whenever something changes. */
export interface DeploymentHealth {
  readonly status: Status;
  readonly reachable: Ability;
  readonly readable: Ability;
  readonly writable: Ability;
  readonly ping: PingReport;
  readonly fault: FaultReport | null;
  readonly window: WindowSummary;
  readonly pool: PoolStatistics;
  readonly server: ServerFacts;
  readonly tls: TlsReport | null;
  readonly findings: readonly Finding[];
}
