import type { Finding } from '../finding.ts';
import type { Thresholds } from '../thresholds.ts';
import { ACCESS_FAULTS } from './fault-access.ts';
import { SERVER_FAULTS } from './fault-server.ts';
import type { Fault, FaultCode } from './faults.ts';
import { judgeCondition } from './judge-condition.ts';
import { judgeThresholds } from './judge-thresholds.ts';
import type { ObservedDeployment, ObservedPing } from './observed.ts';

export type Status = 'pass' | 'warn' | 'fail';

/** Null: cannot be known, for a reason that stands in the findings. */
export type Ability = Status | null;

export interface Verdict {
  readonly status: Status;
  /** Something that speaks for Redis answers. */
  readonly reachable: Ability;
  /** A consumer that connects now with the served configuration can read. */
  readonly readable: Ability;
  /** ... and write. */
  readonly writable: Ability;
  readonly findings: readonly Finding[];
}

/** Facts to verdict, without any I/O and without a clock. */
export function judge(observed: ObservedDeployment, thresholds: Thresholds): Verdict {
  const reachable = reachableOf(observed);
  const readable = readableOf(observed);
  const condition = judgeCondition(observed);
  const writable = readable === 'fail' ? 'fail' : condition.writable;
  const findings = [...condition.findings, ...judgeThresholds(observed, thresholds)];
  const parts = { reachable, readable, writable, findings };
  return { status: statusOf(observed, parts), ...parts };
}

/** True when a deployment with this fault on new connections must not be used, though old ones still answer. */
export function forbidsNewConnections({ class: kind, code }: Fault): boolean {
  return kind === 'configuration' || code.startsWith('TLS_CERT_');
}

/** What the last PING alone says about using Redis. */
export function isUsable(ping: ObservedPing): boolean {
  return ping.kind === 'pong' || (ping.kind === 'refused' && READABLE_DESPITE.has(ping.code));
}

function reachableOf({ ping }: ObservedDeployment): Ability {
  if (ping.kind === 'never') return null;
  return ping.kind !== 'no-answer' || isWordOfRedis(ping.code) ? 'pass' : 'fail';
}

/** Codes that only an answer of the server can have led to. */
function isWordOfRedis(code: FaultCode): boolean {
  return code !== 'PROBE_DEADLINE' && (Object.hasOwn(ACCESS_FAULTS, code) || Object.hasOwn(SERVER_FAULTS, code));
}

/** An error as the answer to PING does not always mean that reads fail. */
const READABLE_DESPITE: ReadonlyMap<FaultCode, Ability> = new Map<FaultCode, Ability>([
  // Only writes are refused, and PING with them.
  ['PERSISTENCE_FAILED', 'pass'],
  // Not observable is not down.
  ['ACL_NOPERM', null],
]);

function readableOf({ ping, credentials, server }: ObservedDeployment): Ability {
  if (ping.kind === 'never') return null;
  if (ping.kind === 'no-answer') return 'fail';
  if (credentials?.proven === false && forbidsNewConnections(credentials.fault)) return 'fail';
  if (ping.kind === 'refused')
    return READABLE_DESPITE.has(ping.code) ? (READABLE_DESPITE.get(ping.code) ?? null) : 'fail';
  return server.condition?.masterLinkUp === false ? 'warn' : 'pass';
}

type Parts = Omit<Verdict, 'status'>;

/** The first row that holds decides. What refuses only writes is a warning: reads are still served. */
const STATUS_ROWS: readonly (readonly [holds: (observed: ObservedDeployment, parts: Parts) => boolean, Status])[] = [
  [({ ping }) => ping.kind === 'never', 'fail'],
  [(_, { reachable }) => reachable === 'fail', 'fail'],
  [(_, { readable }) => readable === 'fail', 'fail'],
  [(_, { readable }) => readable === 'warn', 'warn'],
  [(_, { writable }) => writable === 'fail' || writable === 'warn', 'warn'],
  [(_, { findings }) => findings.some(({ severity }) => severity !== 'info'), 'warn'],
  [() => true, 'pass'],
];

function statusOf(observed: ObservedDeployment, parts: Parts): Status {
  return STATUS_ROWS.find(([holds]) => holds(observed, parts))?.[1] ?? 'fail';
}

const STATUS_ORDER: readonly Status[] = ['pass', 'warn', 'fail'];

/** The worst of several; `pass` for none. */
export function worstStatus(statuses: Iterable<Status>): Status {
  return [...statuses].reduce(
    (worst, next) => (STATUS_ORDER.indexOf(next) > STATUS_ORDER.indexOf(worst) ? next : worst),
    'pass',
  );
}
