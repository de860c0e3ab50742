import { Batch } from './batch.ts';
import type { Clock } from './clock.ts';
import { pause } from './deadline.ts';
import { type Pinger, type PingOutcome, ping } from './ping.ts';

export type NoAnswer = Extract<PingOutcome, { kind: 'no-answer' }>;

export interface ProbeOptions extends Pinger {
  /** Within which a caller is answered who does not say otherwise, and a PING has to be. */
  readonly timeoutMs: number;
  /** Longest time that a connection attempt ever gets. */
  readonly connectTimeoutMaxMs: number;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Told of each PING that was made, also of those that nobody asked for, before their callers are answered. */
  readonly onOutcome: (outcome: PingOutcome) => void;
}

/** Between two background PINGs, and with full jitter between the starts of two attempts to come back. */
const STEADY_INTERVAL_MS = 1000;
const RETRY_INTERVAL_MAX_MS = 900;

/** A PING and a connection attempt end a little before their caller's patience, so that the reason is known by then. */
const MARGIN_MS = 20;
/** What a slow link may get; more would delay the return from an outage. */
const PATIENCE_MAX_MS = 3000;

const LATE: NoAnswer = { kind: 'no-answer', code: 'PROBE_DEADLINE', sentAtMs: null };

/**
 * Answers "is Redis there?" for any number of callers with at most one PING in flight.
 *
 * A caller who comes while a PING is under way waits for the next one, together with all others who came meanwhile:
 * each answer rests on a PING that was sent after the question, and the slower Redis is the more callers share one.
 *
 * After a PING without an answer the probe is down: callers are answered at once with what is known, and a loop in the
 * background tries to come back, at first at once, then at most {@link RETRY_INTERVAL_MAX_MS} apart.
 */
export class Probe implements AsyncDisposable {
  readonly #options: ProbeOptions;
  readonly #ended = new AbortController();
  #running: Batch<PingOutcome> | null = null;
  #next: Batch<PingOutcome> | null = null;
  #down: NoAnswer | null = null;
  #work: Promise<void> = Promise.resolve();
  #lastPingMs = Number.NEGATIVE_INFINITY;

  constructor(options: ProbeOptions) {
    this.#options = options;
    options.pool.connectTimeoutMs = Math.min(this.#briefMs, options.connectTimeoutMaxMs);
    void this.#keepSteady();
  }

  /** Never rejects. Settles within `timeoutMs`, at once when Redis is known to be down. */
  probe(timeoutMs = this.#options.timeoutMs): Promise<PingOutcome> {
    if (this.#down !== null) return Promise.resolve(this.#down);
    if (this.#ended.signal.aborted) return Promise.resolve(LATE);
    return this.#join(timeoutMs);
  }

  /** Makes sure that there is a new PING soon, without waiting for it. */
  nudge(): void {
    void this.probe();
  }

  /** Waits for the PING under way, which the end of the pool cuts short. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.#next?.settle(LATE);
    this.#next = null;
    await this.#work;
  }

  #join(timeoutMs: number): Promise<PingOutcome> {
    if (this.#running !== null) {
      this.#next ??= this.#createBatch();
      return this.#next.join(timeoutMs);
    }
    const batch = this.#createBatch();
    const answer = batch.join(timeoutMs);
    this.#work = this.#run(batch);
    return answer;
  }

  #createBatch(): Batch<PingOutcome> {
    // A new object for each: who gets the same object shares what is derived from it.
    return new Batch<PingOutcome>(() => ({ ...LATE }), this.#clock.monotonicMs);
  }

  get #clock(): Clock {
    return this.#options.clock;
  }

  /** Runs batches until nobody waits. */
  async #run(first: Batch<PingOutcome>): Promise<void> {
    for (let batch: Batch<PingOutcome> | null = first; batch !== null; batch = this.#takeNext()) {
      this.#running = batch;
      const outcome = await this.#ping();
      if (outcome.kind === 'no-answer') this.#goDown(outcome);
      this.#tell(outcome);
      batch.settle(outcome);
    }
    this.#running = null;
    if (this.#down !== null) await this.#comeBack();
  }

  #takeNext(): Batch<PingOutcome> | null {
    const batch = this.#next;
    this.#next = null;
    return batch;
  }

  #goDown(outcome: NoAnswer): void {
    this.#down = outcome;
    this.#next?.settle(outcome);
    this.#next = null;
    this.#options.pool.discardAll();
  }

  async #comeBack(): Promise<void> {
    const { signal } = this.#ended;
    while (this.#down !== null && !signal.aborted) {
      const startedMs = this.#clock.monotonicMs();
      const outcome = await this.#ping();
      this.#down = outcome.kind === 'no-answer' ? outcome : null;
      this.#tell(outcome);
      if (this.#down === null) return;
      this.#adjustPatience(this.#down);
      const gapMs = this.#options.random() * RETRY_INTERVAL_MAX_MS;
      await pause(gapMs - (this.#clock.monotonicMs() - startedMs), signal);
    }
  }

  #ping(): Promise<PingOutcome> {
    this.#lastPingMs = this.#clock.monotonicMs();
    const { pool, timeoutMs } = this.#options;
    return ping(this.#options, {
      acquireTimeoutMs: pool.connectTimeoutMs + MARGIN_MS,
      replyTimeoutMs: timeoutMs - MARGIN_MS,
    });
  }

  #tell(outcome: PingOutcome): void {
    if (!this.#ended.signal.aborted) this.#options.onOutcome(outcome);
  }

  /**
   * A server that accepts connections but takes its time may be far away: the next attempt gets twice as long. Where
   * nothing accepts, attempts stay short, because only a new one notices the return.
   */
  #adjustPatience({ code }: NoAnswer): void {
    const { pool, connectTimeoutMaxMs } = this.#options;
    const isSlow = code === 'NO_RESPONSE' || code === 'TLS_HANDSHAKE_TIMEOUT';
    const wantedMs = isSlow ? Math.min(pool.connectTimeoutMs * 2, PATIENCE_MAX_MS) : 0;
    pool.connectTimeoutMs = Math.min(Math.max(wantedMs, this.#briefMs), connectTimeoutMaxMs);
  }

  get #briefMs(): number {
    return this.#options.timeoutMs - 2 * MARGIN_MS;
  }

  /** One PING each second also when nobody asks. */
  async #keepSteady(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const sinceMs = this.#clock.monotonicMs() - this.#lastPingMs;
      if (sinceMs >= STEADY_INTERVAL_MS * 0.9) this.nudge();
      await pause(STEADY_INTERVAL_MS * (0.9 + 0.2 * this.#options.random()), signal);
    }
  }
}
