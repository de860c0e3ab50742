import type { Finding } from '../finding.ts';
import type { Thresholds } from '../thresholds.ts';
import type { ObservedDeployment } from './observed.ts';

/** 95 % of fewer PINGs are all of them: the first one, on a cold connection, would decide. */
export const PING_SAMPLES_MIN = 20;

/** A hit rate over fewer reads says nothing. */
export const TRAFFIC_READS_MIN = 100;

interface ThresholdRule {
  readonly code: string;
  /** Below the deployment, as in the health answer. */
  readonly path: string;
  /** What was measured; null: nothing to compare. */
  readonly measure: (observed: ObservedDeployment) => number | null;
  readonly limit: (thresholds: Thresholds) => number;
  /** Which side of the limit is bad. */
  readonly bad: 'below' | 'above';
  readonly message: (measured: string, limit: string) => string;
  readonly format: (value: number) => string;
  readonly fix: string;
}

const percent = (fraction: number): string => `${Number((fraction * 100).toFixed(2))} %`;
const milliseconds = (value: number): string => `${Number(value.toPrecision(3))} ms`;
const days = (value: number): string => `${value} ${value === 1 ? 'day' : 'days'}`;

function shareOf(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}

/** Every limit whose violation makes a warning; also a table of the reference. */
export const THRESHOLD_RULES: readonly ThresholdRule[] = [
  {
    code: 'SUCCESS_RATE_LOW',
    path: 'window.successRate',
    measure: ({ successRate }) => successRate,
    limit: ({ successRateMin }) => successRateMin,
    bad: 'below',
    format: percent,
    message: (measured, limit) => `Of the PINGs of the last 5 minutes ${measured} succeeded; expected are ${limit}.`,
    fix: 'See `window.lastFailure` for the reason of the last failure; it leaves the window after 5 minutes.',
  },
  {
    code: 'PING_SLOW',
    path: 'window.latencyMs.p95',
    measure: ({ pingP95Ms, probes }) => (probes < PING_SAMPLES_MIN ? null : pingP95Ms),
    limit: ({ pingP95MsMax }) => pingP95MsMax,
    bad: 'above',
    format: milliseconds,
    message: (measured, limit) => `95 % of the PINGs take up to ${measured}, more than ${limit}.`,
    fix: 'Look for slow commands (SLOWLOG GET), big values, swapping or saving on the server, and at the network.',
  },
  {
    code: 'POOL_BUSY',
    path: 'pool.utilization',
    measure: ({ poolUtilization }) => poolUtilization,
    limit: ({ poolUtilizationMax }) => poolUtilizationMax,
    bad: 'above',
    format: percent,
    message: (measured, limit) => `${measured} of the pool is in use, more than ${limit}.`,
    fix: 'Look for commands that hold their connection; else raise `pool.max`.',
  },
  {
    code: 'HIT_RATE_LOW',
    path: 'server.hitRate',
    measure: ({ server }) => ((server.condition?.reads ?? 0) < TRAFFIC_READS_MIN ? null : server.facts.hitRate),
    limit: ({ hitRateMin }) => hitRateMin,
    bad: 'below',
    format: percent,
    message: (measured, limit) => `Only ${measured} of the reads found their key; expected are ${limit}.`,
    fix: 'Compare times to live, evictions and memory with the working set; check key prefixes and the database.',
  },
  {
    code: 'MEMORY_HIGH',
    path: 'server.usedMemoryBytes',
    measure: ({ server: { facts } }) => shareOf(facts.usedMemoryBytes, facts.maxMemoryBytes),
    limit: ({ memoryUtilizationMax }) => memoryUtilizationMax,
    bad: 'above',
    format: percent,
    message: (measured, limit) => `The server uses ${measured} of "maxmemory", more than ${limit}.`,
    fix: 'Raise "maxmemory", give keys a time to live, or choose an eviction policy that suits the data.',
  },
  {
    code: 'CLIENTS_HIGH',
    path: 'server.connectedClients',
    measure: ({ server: { facts } }) => shareOf(facts.connectedClients, facts.maxClients),
    limit: ({ clientsUtilizationMax }) => clientsUtilizationMax,
    bad: 'above',
    format: percent,
    message: (measured, limit) => `${measured} of "maxclients" are connected, more than ${limit}.`,
    fix: 'Find who holds the connections (CLIENT LIST), lower the pools, or raise "maxclients".',
  },
  {
    code: 'CERTIFICATE_EXPIRES',
    path: 'tls.validTo',
    measure: ({ certificateDaysLeft }) => certificateDaysLeft,
    limit: ({ certificateDaysMin }) => certificateDaysMin,
    bad: 'below',
    format: days,
    message: (measured, limit) => `The certificate of the server is valid for ${measured} more, less than ${limit}.`,
    fix: 'Renew the certificate and reload the server.',
  },
];

/** One warning for each threshold that is violated. */
export function judgeThresholds(observed: ObservedDeployment, thresholds: Thresholds): readonly Finding[] {
  return THRESHOLD_RULES.flatMap((rule) => {
    const measured = rule.measure(observed);
    const limit = rule.limit(thresholds);
    const isBad = measured !== null && (rule.bad === 'below' ? measured < limit : measured > limit);
    return isBad ? [toFinding(rule, observed.deployment, measured, limit)] : [];
  });
}

function toFinding(rule: ThresholdRule, deployment: string, measured: number, limit: number): Finding {
  return {
    code: rule.code,
    severity: 'warning',
    path: `deployments.${deployment}.${rule.path}`,
    origin: null,
    message: rule.message(rule.format(measured), rule.format(limit)),
    fix: rule.fix,
  };
}
