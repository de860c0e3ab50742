import { factsOf } from '../core/diagnosis/fault-facts.ts';
import type { Fault, FaultCode } from '../core/diagnosis/faults.ts';
import { isUsable, judge } from '../core/diagnosis/judge.ts';
import type { ObservedPing, ObservedServer } from '../core/diagnosis/observed.ts';
import type { ConnectionTarget } from '../core/target.ts';
import type { Thresholds } from '../core/thresholds.ts';
import type { CredentialsProof } from '../redis/credentials.ts';
import type { PingOutcome } from '../redis/ping.ts';
import type { PoolStatistics } from '../redis/pool-statistics.ts';
import type { TlsFacts } from '../redis/socket.ts';
import type { DeploymentHealth, PingReport, TlsReport } from './deployment-health.ts';
import type { WindowSummary } from './window.ts';

/** All that a supervisor has seen of its deployment up to one moment. */
export interface Observation {
  readonly target: ConnectionTarget;
  readonly thresholds: Thresholds;
  readonly nowMs: number;
  /** Null before the first one was finished. */
  readonly outcome: PingOutcome | null;
  readonly credentials: CredentialsProof | null;
  readonly server: ObservedServer;
  readonly window: WindowSummary;
  readonly pool: PoolStatistics;
  readonly tls: TlsFacts | null;
  /** When the deployment turned to `fail`, ISO 8601; null: it has not, up to now. */
  readonly failingSince: string | null;
  readonly faultFor: (code: FaultCode) => Fault;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** The health of a deployment by what was observed. */
export function toHealth(observation: Observation): DeploymentHealth {
  const { window, pool, server, faultFor, credentials, outcome, nowMs } = observation;
  const tls = tlsReport(observation.tls, nowMs);
  const verdict = judge(
    {
      deployment: observation.target.deployment,
      target: factsOf(observation.target),
      ping: observedPing(outcome),
      credentials:
        credentials === null || credentials.ok
          ? credentials && { proven: true, unneeded: credentials.unneeded }
          : { proven: false, fault: faultFor(credentials.code) },
      probes: window.probes,
      successRate: window.successRate,
      pingP95Ms: window.latencyMs.p95,
      poolUtilization: pool.utilization,
      server,
      certificateDaysLeft: tls?.daysLeft ?? null,
    },
    observation.thresholds,
  );
  const code = verdict.status === 'fail' ? failureOf(observation) : null;
  const since = observation.failingSince ?? isoOf(nowMs);
  return {
    status: verdict.status,
    reachable: verdict.reachable,
    readable: verdict.readable,
    writable: verdict.writable,
    ping: pingReport(outcome),
    fault: code === null ? null : { ...faultFor(code), since },
    window,
    pool,
    server: server.facts,
    tls,
    findings: verdict.findings,
  };
}

/** The symptom that makes the deployment fail. */
function failureOf({ outcome, credentials }: Observation): FaultCode | null {
  if (outcome !== null && outcome.kind !== 'pong' && !isUsable(outcome)) return outcome.code;
  return credentials?.ok === false ? credentials.code : null;
}

function observedPing(outcome: PingOutcome | null): ObservedPing {
  if (outcome === null) return { kind: 'never' };
  return outcome.kind === 'pong' ? { kind: 'pong' } : { kind: outcome.kind, code: outcome.code };
}

function pingReport(outcome: PingOutcome | null): PingReport {
  if (outcome === null) return { latencyMs: null, sentAt: null, eventLoopDelayMs: null };
  const sentAt = outcome.sentAtMs === null ? null : isoOf(outcome.sentAtMs);
  if (outcome.kind === 'no-answer') return { latencyMs: null, sentAt, eventLoopDelayMs: null };
  return { latencyMs: round(outcome.latencyMs), sentAt, eventLoopDelayMs: round(outcome.eventLoopDelayMs) };
}

function tlsReport(tls: TlsFacts | null, nowMs: number): TlsReport | null {
  if (tls === null) return null;
  const { protocol, validTo } = tls;
  if (validTo === null) return { protocol, validTo, daysLeft: null };
  return { protocol, validTo: isoOf(validTo), daysLeft: Math.floor((validTo - nowMs) / DAY_MS) };
}

function isoOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** Microseconds are enough. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
