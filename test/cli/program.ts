import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../support/until.ts';

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
export const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface ProgramOptions {
  /** After the file. */
  readonly args?: readonly string[];
  /** The whole environment but for the PATH. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Working directory. */
  readonly directory: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program of ours in a process of its own, killed with this object. */
export class Program implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #lines: string[] = [];
  #stderr = '';
  #closed = false;

  constructor(file: string, { args = [], variables = {}, directory }: ProgramOptions) {
    this.#child = spawn(process.execPath, [file, ...args], {
      cwd: directory,
      env: { PATH: process.env.PATH, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'close');
    this.#child.on('close', () => {
      this.#closed = true;
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('A child process without output.');
    createInterface({ input: stdout }).on('line', (line) => this.#lines.push(line));
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
  }

  /** Lines of standard output so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first line of standard output with this text. Throws when the program ends without it. */
  async line(text: string): Promise<string> {
    const find = (): string | undefined => this.#lines.find((line) => line.includes(text));
    await until(() => find() ?? this.#closed);
    const found = find();
    if (found === undefined) throw new Error(`The program ended without "${text}": ${this.#stderr}`);
    return found;
  }

  /** The port on which the service says that it listens. */
  async port(): Promise<number> {
    const { url }: { url: string } = JSON.parse(await this.line('redis-beacon is up')); // our own log line
    return Number(new URL(url).port);
  }

  /** Waits for its end. */
  async ended(): Promise<Ended> {
    await this.#ended;
    const { exitCode: code, signalCode: signal } = this.#child;
    return { code, signal, stdout: this.#lines.map((line) => `${line}\n`).join(''), stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Runs a program to its end. */
export async function run(file: string, options: ProgramOptions): Promise<Ended> {
  await using program = new Program(file, options);
  return await program.ended();
}
