import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServerProcess } from '../server-process.ts';

export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly durationMs: number;
  /** Whole requests as they go over the wire, sent in turn. */
  readonly requests: readonly string[];
  /** Status that every answer must have. */
  readonly status: number;
}

export interface LoadResult {
  readonly answered: number;
  readonly elapsedMs: number;
}

/** One server under load for one round. */
export interface Sample {
  readonly answered: number;
  readonly requestsPerSecond: number;
  /** What the server computed for one request, all of its threads. */
  readonly serverMicrosecondsPerRequest: number;
  /** Parts of one processor; near 1 the server was the bottleneck. */
  readonly serverBusy: number;
}

const GENERATOR = fileURLToPath(new URL('generator.ts', import.meta.url));

/** The load generator: a process that puts one server at a time under load. */
export class Load implements Disposable {
  readonly #child: ChildProcess = fork(GENERATOR);
  readonly #ended = new AbortController();

  constructor() {
    this.#child.once('exit', () => this.#ended.abort(new Error('The load generator has ended.')));
  }

  async put(server: ServerProcess, order: Omit<LoadOrder, 'port'>): Promise<Sample> {
    const before = await server.usage();
    const answered = once(this.#child, 'message', { signal: this.#ended.signal });
    this.#child.send({ ...order, port: server.port } satisfies LoadOrder);
    const [result] = (await answered) as [LoadResult]; // from generator.ts
    const after = await server.usage();
    const cpuMicroseconds = after.cpuMicroseconds - before.cpuMicroseconds;
    return {
      answered: result.answered,
      requestsPerSecond: (result.answered / result.elapsedMs) * 1000,
      serverMicrosecondsPerRequest: cpuMicroseconds / result.answered,
      serverBusy: cpuMicroseconds / (result.elapsedMs * 1000),
    };
  }

  [Symbol.dispose](): void {
    this.#child.kill();
  }
}
