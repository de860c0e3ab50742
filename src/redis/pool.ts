import { Pool } from 'tarn';
import type { FaultCode } from '../core/diagnosis/faults.ts';
import type { ConnectionTarget } from '../core/target.ts';
import type { Clock } from './clock.ts';
import { type Connection, openConnection } from './connection.ts';
import { pause } from './deadline.ts';
import { PoolBooks, type PoolStatistics } from './pool-statistics.ts';

/**
 * The service needs few connections, however many callers it has: its own pool is capped here, below the pools of the
 * consumers whose configuration it shares. Statistics report this limit, not the configured one.
 */
export const OWN_POOL_SIZE_MAX = 4;

export type AcquireResult =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly code: FaultCode };

export interface PoolOptions {
  readonly clock: Clock;
  /** Told when a connection closes that nobody here has closed. */
  readonly onBroken: () => void;
}

const REAP_INTERVAL_MS = 1000;
const FILL_PAUSE_MS = 500;
/** How long {@link RedisPool} waits for tarn when it ends; its connections are gone by then. */
const DISPOSE_TIMEOUT_MS = 500;
/** Above any timeout of a caller or of a connection attempt: those know better why they end. */
const TARN_TIMEOUT_MS = 60_000;

/** Carries a code through tarn, which knows errors only. */
class AttemptFailed extends Error {
  readonly code: FaultCode;

  constructor(code: FaultCode) {
    super(code);
    this.code = code;
  }
}

/** Connections to one server. Nothing here throws or waits without bound. */
export class RedisPool implements AsyncDisposable {
  readonly sizeMax: number;
  /** Bounds the connection attempts from now on. */
  connectTimeoutMs: number;
  readonly #sizeMin: number;
  readonly #target: ConnectionTarget;
  readonly #options: PoolOptions;
  readonly #books: PoolBooks<Connection>;
  readonly #pool: Pool<Connection>;
  readonly #ended = new AbortController();
  #fillAgainMs = Number.NEGATIVE_INFINITY;

  constructor(target: ConnectionTarget, options: PoolOptions) {
    this.sizeMax = Math.min(target.pool.max, OWN_POOL_SIZE_MAX);
    this.#sizeMin = Math.min(target.pool.min, this.sizeMax);
    this.connectTimeoutMs = target.timeouts.connectMs;
    this.#target = target;
    this.#options = options;
    this.#books = new PoolBooks(options.clock);
    this.#pool = new Pool<Connection>({
      min: this.#sizeMin,
      max: this.sizeMax,
      create: () => this.#open(),
      destroy: (connection) => this.#close(connection, false),
      validate: (connection) => connection.isOpen,
      idleTimeoutMillis: target.pool.idleTimeoutMs,
      reapIntervalMillis: REAP_INTERVAL_MS,
      acquireTimeoutMillis: TARN_TIMEOUT_MS,
      createTimeoutMillis: TARN_TIMEOUT_MS,
      propagateCreateError: true,
    });
  }

  /** A connection within `timeoutMs`, or why there is none. Give it back with {@link release} or {@link discard}. */
  async acquire(timeoutMs: number): Promise<AcquireResult> {
    const askedAtMs = this.#options.clock.monotonicMs();
    const result = await this.#take(timeoutMs);
    if (result.ok) this.#books.waited(this.#options.clock.monotonicMs() - askedAtMs);
    return result;
  }

  release(connection: Connection): void {
    this.#books.released(connection);
    this.#pool.release(connection);
  }

  /** Closes a connection that is not to be trusted any more and makes room for another. */
  discard(connection: Connection): void {
    this.#close(connection, true);
    this.#pool.release(connection);
  }

  /** Closes all connections, also those in use. They are replaced when they are needed. */
  discardAll(): void {
    for (const connection of [...this.#books.open]) this.#close(connection, true);
  }

  /**
   * Opens connections until the minimum is kept; tarn itself opens them only on demand. Does nothing when that was
   * tried a moment ago.
   */
  async fill(timeoutMs: number): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#books.open.size >= this.#sizeMin || nowMs < this.#fillAgainMs) return;
    this.#fillAgainMs = nowMs + timeoutMs + FILL_PAUSE_MS;
    const taken = await Promise.all(Array.from({ length: this.#sizeMin }, () => this.#take(timeoutMs)));
    for (const result of taken) if (result.ok) this.release(result.connection);
    this.#fillAgainMs = this.#options.clock.monotonicMs() + FILL_PAUSE_MS;
  }

  statistics(): PoolStatistics {
    return this.#books.statistics(this.sizeMax, this.#pool.numPendingAcquires());
  }

  /** Any connection that is open now, for what all of them have in common. */
  sample(): Connection | null {
    const [connection = null] = this.#books.open;
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    const emptied = this.#pool.destroy();
    this.discardAll();
    await Promise.race([emptied, pause(DISPOSE_TIMEOUT_MS, new AbortController().signal)]);
  }

  async #take(timeoutMs: number): Promise<AcquireResult> {
    if (this.#ended.signal.aborted) return { ok: false, code: 'PROBE_DEADLINE' };
    const request = this.#pool.acquire();
    const timer = setTimeout(() => request.abort(), timeoutMs);
    try {
      const connection = await request.promise;
      this.#books.taken(connection);
      return { ok: true, connection };
    } catch (error) {
      return { ok: false, code: error instanceof AttemptFailed ? error.code : 'PROBE_DEADLINE' };
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(): Promise<Connection> {
    const bounds = { timeoutMs: this.connectTimeoutMs, signal: this.#ended.signal };
    const result = await openConnection(this.#target, bounds);
    if (!result.ok) throw new AttemptFailed(result.code);
    const { connection } = result;
    this.#books.opened(connection);
    void connection.closed.then(() => this.#lost(connection));
    return connection;
  }

  #lost(connection: Connection): void {
    const { open } = this.#books;
    if (!open.has(connection)) return;
    this.#books.closed(connection, true);
    this.#options.onBroken();
  }

  #close(connection: Connection, broken: boolean): void {
    this.#books.closed(connection, broken);
    connection.destroy();
  }
}
