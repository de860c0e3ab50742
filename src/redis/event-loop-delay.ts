import type { Clock } from './clock.ts';

const TICK_MS = 10;

/**
 * Notices when this process's own event loop was blocked, so that Redis is not blamed for it. A timer of 10 ms is
 * compared with the clock; unlike `monitorEventLoopDelay` it can also tell the delay that has not ended yet.
 */
export class EventLoopDelay implements Disposable {
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  #lastTickMs: number;
  /** Longest delay since {@link mark}. */
  #longestMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastTickMs = clock.monotonicMs();
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** Begins to watch. */
  mark(): void {
    this.#longestMs = 0;
  }

  /** The longest delay since {@link mark}, including one that is not over. */
  longestMs(): number {
    return Math.max(this.#longestMs, this.#lateness());
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.#longestMs = Math.max(this.#longestMs, this.#lateness());
    this.#lastTickMs = this.#clock.monotonicMs();
  }

  #lateness(): number {
    return Math.max(0, this.#clock.monotonicMs() - this.#lastTickMs - TICK_MS);
  }
}
