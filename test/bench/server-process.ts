import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { preparedScript } from './prepared-scripts.ts';

/** What a process has used since it started: all of its threads. */
export interface Usage {
  readonly cpuMicroseconds: number;
  readonly residentBytes: number;
}

export interface ServerOptions {
  /** JavaScript file. */
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly directory?: string;
}

const START_TIMEOUT_MS = 60_000;

/** Starts a server in a process of its own and returns once it says where it listens. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { program, env, directory } = options;
  const child = spawn(process.execPath, ['--import', preparedScript('report-usage'), program], {
    cwd: directory,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const server = new ServerProcess(child);
  await server.until((line) => line.url !== undefined, START_TIMEOUT_MS);
  return server;
}

/** A line of the server's log. */
type LogLine = Readonly<Record<string, unknown>>;

export class ServerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: LogLine[] = [];
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Set<(line: LogLine) => void>();

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit');
    if (child.stdout === null) throw new Error('The output of the server is not captured.');
    createInterface(child.stdout).on('line', (text) => {
      const line = JSON.parse(text) as LogLine; // every measured server writes JSON lines
      this.#lines.push(line);
      for (const look of this.#waiting) look(line);
    });
  }

  /** The first log line, past or future, that fulfils the condition. */
  async until(condition: (line: LogLine) => boolean, timeoutMs: number): Promise<LogLine> {
    const known = this.#lines.find(condition);
    if (known !== undefined) return known;
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    const look = (line: LogLine): void => {
      if (condition(line)) resolve(line);
    };
    this.#waiting.add(look);
    const timer = setTimeout(() => reject(new Error(`Not logged within ${timeoutMs} ms.`)), timeoutMs);
    void this.#ended.then(() => reject(new Error('The server has ended.')));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  get port(): number {
    const line = this.#lines.find(({ url }) => url !== undefined);
    return Number(new URL(String(line?.url)).port);
  }

  async usage(): Promise<Usage> {
    const answered = once(this.#child, 'message');
    this.#child.send('usage');
    const [usage] = await answered;
    return usage as Usage; // from servers/report-usage.ts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}
