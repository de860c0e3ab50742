import { setTimeout as pause } from 'node:timers/promises';
import type { Activation } from './activation.ts';
import { signFiles } from './file-signatures.ts';
import type { Sources } from './sources.ts';

export interface WatcherOptions {
  readonly activation: Activation;
  /** How often content is looked at, in milliseconds. */
  readonly pollMs: number;
  /** How long content must stay the same before it is believed: a file may be half written. */
  readonly settleMs: number;
}

const READ_ANYWAY_MS = 10_000;

/**
 * Brings in what changes: catalog, `.env` files and secret files, by their content. Polling sees atomic renames,
 * truncate-and-write and Kubernetes' `..data` swap alike, on every file system. Content counts only when two reads
 * a moment apart agree. Files whose size, identity and times are what they were are not read again, for a while: times
 * may lie, and reading ten thousand services twice a second would be felt.
 */
export class Watcher implements AsyncDisposable {
  readonly #options: WatcherOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  /** The last content that was proposed, whatever became of it. */
  #proposed: string;
  /** What was looked for when it was last read, and how it looked just before. */
  #files: readonly string[];
  #signature: string | null = null;
  #readAtMs = 0;

  constructor(options: WatcherOptions, started: Sources) {
    this.#options = options;
    this.#proposed = started.digest;
    this.#files = started.files;
    this.#done = this.#watch();
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(this.#options.pollMs, signal);
      if (signal.aborted) return;
      const signature = await signFiles(this.#files);
      const isRecent = performance.now() - this.#readAtMs < READ_ANYWAY_MS;
      if (isRecent && signature !== null && signature === this.#signature) continue;
      const sources = await this.#read();
      this.#signature = signature;
      if (sources.digest !== this.#proposed) await this.#settle(sources, signal);
    }
  }

  async #read(): Promise<Sources> {
    this.#readAtMs = performance.now();
    const sources = await this.#options.activation.read();
    this.#files = sources.files;
    return sources;
  }

  async #settle(seen: Sources, signal: AbortSignal): Promise<void> {
    const { activation, settleMs } = this.#options;
    let sources = seen;
    while (!signal.aborted) {
      await sleep(settleMs, signal);
      const again = await this.#read();
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
