interface Caller<Outcome> {
  readonly deadlineMs: number;
  readonly answer: (outcome: Outcome) => void;
}

/**
 * Those who wait for the same answer. Each of them is answered by its own deadline, whatever happens to the others;
 * one timer serves them all.
 */
export class Batch<Outcome> {
  readonly #tooLate: () => Outcome;
  readonly #monotonicMs: () => number;
  #waiting: Caller<Outcome>[] = [];
  #timer: NodeJS.Timeout | null = null;
  #timerMs = Number.POSITIVE_INFINITY;

  /** `tooLate` makes the answer for those whose deadline passes. */
  constructor(tooLate: () => Outcome, monotonicMs: () => number) {
    this.#tooLate = tooLate;
    this.#monotonicMs = monotonicMs;
  }

  join(timeoutMs: number): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const deadlineMs = this.#monotonicMs() + timeoutMs;
    this.#waiting.push({ deadlineMs, answer: resolve });
    if (deadlineMs < this.#timerMs) this.#arm(deadlineMs);
    return promise;
  }

  /** Answers all who still wait. */
  settle(outcome: Outcome): void {
    this.#disarm();
    for (const { answer } of this.#waiting) answer(outcome);
    this.#waiting = [];
  }

  #arm(deadlineMs: number): void {
    this.#disarm();
    this.#timerMs = deadlineMs;
    // One more turn of the event loop: see `within`.
    const onTime = () => setImmediate(() => this.#expire());
    this.#timer = setTimeout(onTime, Math.max(0, deadlineMs - this.#monotonicMs()));
  }

  #disarm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerMs = Number.POSITIVE_INFINITY;
  }

  #expire(): void {
    this.#disarm();
    const nowMs = this.#monotonicMs();
    // Timers count whole milliseconds and may be a little early.
    const { true: expired = [], false: waiting = [] } = Object.groupBy(this.#waiting, ({ deadlineMs }) =>
      deadlineMs <= nowMs + 1 ? 'true' : 'false',
    );
    this.#waiting = waiting;
    if (waiting.length > 0) this.#arm(Math.min(...waiting.map(({ deadlineMs }) => deadlineMs)));
    if (expired.length === 0) return;
    const outcome = this.#tooLate();
    for (const { answer } of expired) answer(outcome);
  }
}
