import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { kill } from 'node:process';
import { createInterface } from 'node:readline';

/**
 * Runs between this process and the server, in a session of its own so that Ctrl-C in a terminal does not reach it.
 * Its standard input is the lifeline: a line asks for a start, the end of input means that the parent is done or dead,
 * however it died; then the server and the folder go. While the server runs, the guard listens to the lifeline.
 * The guard is killed as soon as the server has ended, so that it never kills a process that got the same id later.
 * USR1 ends what a killed server leaves behind: a child that writes a snapshot. PIPE would end the watcher itself when it
 * writes to a parent that is dead.
 */
const WATCHER = `
exec 3<&0 </dev/null
trap '' HUP INT TERM PIPE USR1
while read -r request <&3; do
  "$1" "$2/redis.conf" 2>&1 3<&- & server=$!
  echo "watcher: started $server"
  ( while read -r request; do :; done; kill -KILL $server ) <&3 >/dev/null & guard=$!
  wait $server; status=$?
  kill -KILL $guard; wait $guard; kill -USR1 0
  echo "watcher: ended $status"
done
rm -rf -- "$2"
`;

const LINES_KEPT = 200;

/** A server that runs with `<directory>/redis.conf` as its argument, and that ends, with the folder, with this process. */
export class WatchedProcess {
  readonly #watcher: ChildProcess;
  readonly #directory: string;
  readonly #closed = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();
  #isClosed = false;
  #waiting = 0;
  #lines: string[] = [];
  #pid: number | null = null;
  #status: number | null = null;

  /** Starts the watcher; the server starts with {@link start}. */
  constructor(program: string, directory: string, env: NodeJS.ProcessEnv) {
    this.#directory = directory;
    this.#watcher = spawn('/bin/sh', ['-c', WATCHER, 'redis-watcher', program, directory], {
      cwd: directory,
      detached: true,
      // Nothing else of the parent's environment, which may hold secrets, is of use to the server.
      env: { PATH: env.PATH, LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#observe();
  }

  /** The id of the server itself; null: it does not run. */
  get pid(): number | null {
    return this.#pid;
  }

  /** The exit status of a server that has ended, 128 + number for a signal. */
  get status(): number | null {
    return this.#status;
  }

  /** The last lines that the server wrote since its start. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  start(): void {
    this.#lines = [];
    this.#status = null;
    this.#watcher.stdin?.write('start\n');
  }

  /** Waits for a condition on what this object tells. False: the time went by, or the watcher has ended. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = AbortSignal.timeout(timeoutMs);
    deadline.addEventListener('abort', () => this.#change(), { once: true });
    this.#hold(1);
    while (!condition() && !deadline.aborted && !this.#isClosed) await this.#changed.promise;
    this.#hold(-1);
    return condition();
  }

  /** Sends a signal to the server; none runs, or it has just ended: nothing. */
  signal(name: NodeJS.Signals): void {
    if (this.#pid === null) return;
    try {
      kill(this.#pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }

  /** Ends the server and removes the folder. */
  async close(): Promise<void> {
    this.#hold(1);
    this.#watcher.stdin?.end();
    await this.#closed.promise;
    // The watcher did it already, unless somebody killed it.
    await rm(this.#directory, { recursive: true, force: true });
  }

  #observe(): void {
    const { stdin, stdout } = this.#watcher;
    if (stdout === null) throw new Error('A watcher without its output.');
    createInterface({ input: stdout }).on('line', (line) => this.#read(line));
    // A write to a watcher that was killed: `exit` and `close` tell the same.
    stdin?.on('error', () => {});
    this.#watcher.on('exit', (_, killedBy) => {
      if (killedBy !== null) this.signal('SIGKILL');
    });
    this.#watcher.on('error', () => this.#finish());
    this.#watcher.on('close', () => this.#finish());
  }

  #read(line: string): void {
    const [, event, number] = /^watcher: (started|ended) (\d+)$/.exec(line) ?? [];
    if (event === undefined) this.#lines = [...this.#lines.slice(1 - LINES_KEPT), line];
    else {
      this.#pid = event === 'started' ? Number(number) : null;
      this.#status = event === 'ended' ? Number(number) : null;
    }
    this.#change();
  }

  #finish(): void {
    this.#isClosed = true;
    this.#pid = null;
    this.#closed.resolve();
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** A server that nobody waits for must not keep this process alive: at its end the watcher cleans up. */
  #hold(change: 1 | -1): void {
    this.#waiting += change;
    for (const handle of [this.#watcher, this.#watcher.stdin, this.#watcher.stdout]) {
      if (handle !== this.#watcher && !(handle instanceof Socket)) continue;
      if (this.#waiting > 0) handle.ref();
      else handle.unref();
    }
  }
}
