interface Caller<Outcome> {
  readonly deadlineMs: number;
  readonly answer: (outcome: Outcome) => void;
}

/**
 * Those who wait for the same answer. Each of them is answered by its own deadline, whatever happens to the others;
 * one timer serves them all, because they come in the order of their deadlines.
 */
export class Batch<Outcome> {
  readonly #waiting: Caller<Outcome>[] = [];
  readonly #tooLate: () => Outcome;
  readonly #monotonicMs: () => number;
  #timer: NodeJS.Timeout | null = null;
  #settled = false;

  /** `tooLate` makes the answer for those whose deadline passes. */
  constructor(tooLate: () => Outcome, monotonicMs: () => number) {
    this.#tooLate = tooLate;
    this.#monotonicMs = monotonicMs;
  }

  join(timeoutMs: number): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.#waiting.push({ deadlineMs: this.#monotonicMs() + timeoutMs, answer: resolve });
    if (this.#timer === null) this.#arm(timeoutMs);
    return promise;
  }

  /** Answers all who still wait. */
  settle(outcome: Outcome): void {
    this.#settled = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const { answer } of this.#waiting.splice(0)) answer(outcome);
  }

  #arm(delayMs: number): void {
    // One more turn of the event loop: see `within`.
    this.#timer = setTimeout(() => setImmediate(() => this.#expire()), delayMs);
  }

  #expire(): void {
    if (this.#settled) return;
    const nowMs = this.#monotonicMs();
    const late = this.#waiting.findIndex(({ deadlineMs }) => deadlineMs > nowMs);
    const expired = this.#waiting.splice(0, late === -1 ? this.#waiting.length : late);
    if (expired.length > 0) {
      const outcome = this.#tooLate();
      for (const { answer } of expired) answer(outcome);
    }
    const next = this.#waiting[0];
    this.#timer = null;
    if (next !== undefined) this.#arm(next.deadlineMs - nowMs);
  }
}
