import type { Clock } from './clock.ts';
import { RollingHistogram } from './rolling-histogram.ts';

/** What is true of the pool right now, and since it exists. Durations are milliseconds. */
export interface PoolStatistics {
  readonly mode: 'pool';
  /** The limit that is really in force, which may be lower than that of the consumers' pools. */
  readonly max: number;
  /** Connections that are established, in use or not. */
  readonly open: number;
  readonly idle: number;
  readonly inUse: number;
  /** Those who wait for a connection. */
  readonly pending: number;
  /** `inUse / max`. */
  readonly utilization: number;
  /** Of the last five minutes, within 4 %; null when nobody asked for a connection. */
  readonly acquireWaitMs: { readonly p50: number | null; readonly p99: number | null };
  readonly created: number;
  readonly destroyed: number;
  /** Connections that were made to replace a broken one. */
  readonly reconnects: number;
  /** How long the longest of the current uses takes already; 0 when there is none. */
  readonly oldestInFlightMs: number;
}

/** Books of a pool, kept by the events of the connections themselves. */
export class PoolBooks<Connection> {
  readonly #clock: Clock;
  readonly #waits = new RollingHistogram({ slotMs: 10_000, slots: 30 });
  readonly #open = new Set<Connection>();
  /** In the order in which they were taken. */
  readonly #takenAt = new Map<Connection, number>();
  #created = 0;
  #destroyed = 0;
  #reconnects = 0;
  #toReplace = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get open(): ReadonlySet<Connection> {
    return this.#open;
  }

  opened(connection: Connection): void {
    this.#open.add(connection);
    this.#created++;
    if (this.#toReplace === 0) return;
    this.#toReplace--;
    this.#reconnects++;
  }

  /** `broken`: nobody here wanted it to close. */
  closed(connection: Connection, broken: boolean): void {
    if (!this.#open.delete(connection)) return;
    this.#takenAt.delete(connection);
    this.#destroyed++;
    if (broken) this.#toReplace++;
  }

  taken(connection: Connection): void {
    if (this.#open.has(connection)) this.#takenAt.set(connection, this.#clock.monotonicMs());
  }

  waited(durationMs: number): void {
    this.#waits.record(durationMs, this.#clock.monotonicMs());
  }

  released(connection: Connection): void {
    this.#takenAt.delete(connection);
  }

  statistics(max: number, pending: number): PoolStatistics {
    const nowMs = this.#clock.monotonicMs();
    const { p50, p99 } = this.#waits.quantiles(nowMs);
    const [oldestMs = nowMs] = this.#takenAt.values();
    const inUse = this.#takenAt.size;
    return {
      mode: 'pool',
      max,
      open: this.#open.size,
      idle: this.#open.size - inUse,
      inUse,
      pending,
      utilization: inUse / max,
      acquireWaitMs: { p50, p99 },
      created: this.#created,
      destroyed: this.#destroyed,
      reconnects: this.#reconnects,
      oldestInFlightMs: Math.round((nowMs - oldestMs) * 1000) / 1000,
    };
  }
}
