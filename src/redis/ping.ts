import { randomBytes } from 'node:crypto';
import type { FaultCode } from '../core/diagnosis/faults.ts';
import type { Clock } from './clock.ts';
import type { Connection } from './connection.ts';
import { TIMED_OUT, within } from './deadline.ts';
import type { EventLoopDelay } from './event-loop-delay.ts';
import type { RedisPool } from './pool.ts';

interface Sent {
  /** Epoch milliseconds. */
  readonly sentAtMs: number;
  readonly latencyMs: number;
  /** How long this process's own event loop was blocked meanwhile; part of `latencyMs`. */
  readonly eventLoopDelayMs: number;
}

/**
 * What a PING came to.
 * `pong`: the nonce came back. `refused`: the server answered with an error. `no-answer`: neither, within the time.
 */
export type PingOutcome =
  | ({ readonly kind: 'pong' } & Sent)
  | ({ readonly kind: 'refused'; readonly code: FaultCode } & Sent)
  | { readonly kind: 'no-answer'; readonly code: FaultCode; readonly sentAtMs: number | null };

export interface Pinger {
  readonly pool: RedisPool;
  readonly clock: Clock;
  readonly eventLoop: EventLoopDelay;
}

export interface PingLimits {
  /** To get a connection, new or from the pool. */
  readonly acquireTimeoutMs: number;
  /** From sending to the answer. */
  readonly replyTimeoutMs: number;
}

const PREFIX = randomBytes(6).toString('hex');
let counter = 0;

/** One PING through the pool. A connection that does not answer is closed and leaves the pool. Never rejects. */
export async function ping(pinger: Pinger, limits: PingLimits): Promise<PingOutcome> {
  const first = await pingOnce(pinger, limits);
  if (first.kind !== 'no-answer' || first.code !== 'CONN_CLOSED_EARLY' || first.sentAtMs === null) return first;
  // One closed connection says little: it was killed, or idle for too long. A new one tells about the server.
  pinger.pool.discardAll();
  return pingOnce(pinger, limits);
}

async function pingOnce(pinger: Pinger, { acquireTimeoutMs, replyTimeoutMs }: PingLimits): Promise<PingOutcome> {
  const acquired = await pinger.pool.acquire(acquireTimeoutMs);
  if (!acquired.ok) return { kind: 'no-answer', code: acquired.code, sentAtMs: null };
  const { connection } = acquired;
  const outcome = await pingOn(connection, pinger, replyTimeoutMs);
  if (isUseless(outcome)) pinger.pool.discard(connection);
  else pinger.pool.release(connection);
  return outcome;
}

/** A connection that is not authenticated never will be; a new one says why. */
function isUseless(outcome: PingOutcome): boolean {
  if (outcome.kind === 'refused') return outcome.code === 'AUTH_REQUIRED' || outcome.code === 'AUTH_WRONG';
  return outcome.kind === 'no-answer';
}

async function pingOn(connection: Connection, { clock, eventLoop }: Pinger, timeoutMs: number): Promise<PingOutcome> {
  const nonce = `${PREFIX}-${++counter}`;
  const sentAtMs = clock.wallMs();
  const startedMs = clock.monotonicMs();
  eventLoop.mark();
  const reply = await within(connection.send('PING', nonce), timeoutMs);
  if (reply === TIMED_OUT) return { kind: 'no-answer', code: 'NO_RESPONSE', sentAtMs };
  const latencyMs = clock.monotonicMs() - startedMs;
  const sent = { sentAtMs, latencyMs, eventLoopDelayMs: Math.min(latencyMs, eventLoop.longestMs()) };
  if (reply.ok) {
    // An answer that is not ours: something else listens there, or the replies are out of step.
    return reply.value === nonce ? { kind: 'pong', ...sent } : { kind: 'no-answer', code: 'NOT_REDIS', sentAtMs };
  }
  return reply.answered
    ? { kind: 'refused', code: reply.code, ...sent }
    : { kind: 'no-answer', code: reply.code, sentAtMs };
}
