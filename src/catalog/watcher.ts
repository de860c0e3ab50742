import { setTimeout as pause } from 'node:timers/promises';
import type { Activation } from './activation.ts';
import type { Sources } from './sources.ts';

export interface WatcherOptions {
  readonly activation: Activation;
  /** How often content is looked at, in milliseconds. */
  readonly pollMs: number;
  /** How long content must stay the same before it is believed: a file may be half written. */
  readonly settleMs: number;
}

/**
 * Brings in what changes: catalog, `.env` files and secret files, by their content. Polling sees atomic renames,
 * truncate-and-write and Kubernetes' `..data` swap alike, on every file system. Content counts only when two reads
 * a moment apart agree.
 */
export class Watcher implements AsyncDisposable {
  readonly #options: WatcherOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  /** The last content that was proposed, whatever became of it. */
  #proposed: string;

  constructor(options: WatcherOptions, started: Sources) {
    this.#options = options;
    this.#proposed = started.digest;
    this.#done = this.#watch();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(this.#options.pollMs, signal);
      if (signal.aborted) return;
      const sources = await this.#options.activation.read();
      if (sources.digest !== this.#proposed) await this.#settle(sources, signal);
    }
  }

  async #settle(seen: Sources, signal: AbortSignal): Promise<void> {
    const { activation, settleMs } = this.#options;
    let sources = seen;
    while (!signal.aborted) {
      await sleep(settleMs, signal);
      const again = await activation.read();
      if (again.digest === sources.digest) break;
      sources = again;
    }
    if (signal.aborted || sources.digest === this.#proposed) return;
    this.#proposed = sources.digest;
    if (sources.digest === activation.active?.sources.digest) await activation.withdraw();
    else await activation.propose(sources);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
