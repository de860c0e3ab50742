export interface LaneOptions {
  /** Does the work and tells after how many milliseconds it is due again. */
  readonly work: (signal: AbortSignal) => Promise<number>;
  /** From 0 to 1; instances that start together do not stay together. */
  readonly random: () => number;
}

/** Work in the background that is done again and again, never twice at the same time. Keeps no process alive. */
export class Lane implements Disposable {
  readonly #options: LaneOptions;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | null = null;
  #isRunning = false;
  #isDue = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Does the work now, or again as soon as the one under way is done. */
  trigger(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#isDue = true;
    if (!this.#isRunning) void this.#run();
  }

  /** Tells the work under way to end, and begins none. */
  [Symbol.dispose](): void {
    this.#ended.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    this.#isRunning = true;
    let delayMs = 0;
    while (this.#isDue && !signal.aborted) {
      this.#isDue = false;
      delayMs = await this.#options.work(signal);
    }
    this.#isRunning = false;
    if (signal.aborted) return;
    this.#timer = setTimeout(() => this.trigger(), delayMs * (0.9 + 0.2 * this.#options.random())).unref();
  }
}
