import { mkdtempSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, kill } from 'node:process';
import { findRedisServer } from './find-redis-server.ts';
import { freePort } from './free-port.ts';
import { redisCommand } from './redis-command.ts';
import { type RedisConfiguration, type RedisTls, redisConfigurationText, TLS_FILES } from './redis-configuration.ts';
import { type StartFailure, startFailure } from './start-failure.ts';
import { WatchedProcess } from './watched-process.ts';

export interface RedisOptions {
  /** Of the default user. */
  readonly password?: string;
  /** ACL rules, one user each: `alice on >secret ~* +@all`. */
  readonly users?: readonly string[];
  readonly tls?: RedisTls;
  /** As on the command line: `['--maxmemory', '64mb']`. */
  readonly args?: readonly string[];
  /** Loopback unless given. */
  readonly host?: string;
  /** Chosen by the system unless given. */
  readonly port?: number;
  /** Listens on a unix socket too. */
  readonly unixSocket?: boolean;
  readonly databases?: number;
  /** Told about a download of Redis, which takes seconds. */
  readonly log?: (line: string) => void;
}

/** What a restart may change; null: no password from now on. */
export interface RedisChanges {
  readonly args?: readonly string[];
  readonly password?: string | null;
}

const START_TIMEOUT_MS = 20_000;
const END_TIMEOUT_MS = 10_000;
const COMMAND_TIMEOUT_MS = 10_000;
const PORT_ATTEMPTS = 10;
const PORT_MAX = 55_535;
const READY = /Ready to accept connections/;
const LOOPBACK = '127.0.0.1';

/**
 * Starts a real redis-server with a folder of its own and no persistence, and returns when it accepts connections.
 * It ends, and its folder goes, with the returned object or with this process, even by SIGKILL.
 * Throws when there is no redis-server or when it does not start, with the reason.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { redisServer } = await findRedisServer({ env, ...(options.log && { log: options.log }) });
  for (let attempt = 1; ; attempt++) {
    const started = await RedisServer.launch(redisServer, options, await choosePorts(options));
    if (started instanceof RedisServer) return started;
    const mayRetry = started.portTaken && options.port === undefined && attempt < PORT_ATTEMPTS;
    if (!mayRetry) throw new Error(started.message);
  }
}

/** A redis-server of one's own. It keeps its ports, its folder and its options over a restart. */
export class RedisServer implements AsyncDisposable {
  readonly #process: WatchedProcess;
  #configuration: RedisConfiguration;

  private constructor(program: string, options: RedisOptions, ports: Ports) {
    // Synchronous up to the watcher: from the moment that the folder exists there is somebody to remove it.
    const directory = mkdtempSync(join(tmpdir(), 'redis-beacon-'));
    this.#process = new WatchedProcess(program, directory, env);
    this.#configuration = configurationOf(options, ports, directory);
  }

  /** Use {@link startRedis}, which finds the program and free ports. */
  static async launch(program: string, options: RedisOptions, ports: Ports): Promise<RedisServer | StartFailure> {
    const server = new RedisServer(program, options, ports);
    try {
      if (options.tls) await writeCertificates(server.directory, options.tls);
      const failure = await server.#start();
      if (failure) await server.stop();
      return failure ?? server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get host(): string {
    return this.#configuration.host;
  }

  /** 0 when there is TLS only. */
  get port(): number {
    return this.#configuration.port;
  }

  get tlsPort(): number | null {
    return this.#configuration.tlsPort;
  }

  /** A path in the folder. There is always one when there is TLS only. */
  get unixSocket(): string | null {
    return this.#configuration.unixSocket;
  }

  get directory(): string {
    return this.#configuration.directory;
  }

  /** Of the default user. */
  get password(): string | null {
    return this.#configuration.password;
  }

  /** Of redis-server itself. Throws when it does not run. */
  get pid(): number {
    if (this.#process.pid === null) throw new Error('This redis-server does not run.');
    return this.#process.pid;
  }

  /** Sends a signal to redis-server itself; see {@link ended}. Throws when it does not run. */
  kill(signal: NodeJS.Signals): void {
    kill(this.pid, signal);
  }

  /** Resolves when redis-server has ended, as after SIGKILL. The folder stays until {@link stop}. */
  async ended(): Promise<void> {
    const ended = await this.#process.until(() => this.#process.pid === null, END_TIMEOUT_MS);
    if (!ended) throw new Error(`redis-server did not end within ${END_TIMEOUT_MS} ms.`);
  }

  /**
   * Kills redis-server if it runs and starts it on the same ports, with the same options but `changes`, each of which
   * replaces what was given before. What it had in memory is lost.
   */
  async restart(changes: RedisChanges = {}): Promise<void> {
    this.#process.signal('SIGKILL');
    await this.ended();
    this.#configuration = { ...this.#configuration, ...changes };
    const failure = await this.#start();
    if (failure) throw new Error(failure.message);
  }

  /** One command on a connection of its own, as the default user; the answer as text. Rejects with an error's text. */
  cli(...args: string[]): Promise<string> {
    const { host, port, unixSocket, password } = this.#configuration;
    const address = unixSocket === null ? { host: reachable(host), port } : { path: unixSocket };
    return redisCommand(address, args, { password, timeoutMs: COMMAND_TIMEOUT_MS });
  }

  /** Ends redis-server at once and removes its folder. May be called twice. */
  stop(): Promise<void> {
    return this.#process.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Null: it accepts connections. */
  async #start(): Promise<StartFailure | null> {
    const text = redisConfigurationText(this.#configuration);
    await writeFile(join(this.directory, 'redis.conf'), text, { mode: 0o600 });
    this.#process.start();
    const isReady = () => this.#process.pid !== null && this.#process.lines.some((line) => READY.test(line));
    await this.#process.until(() => isReady() || this.#process.status !== null, START_TIMEOUT_MS);
    return isReady() ? null : startFailure(this.#process.lines, text, this.#process.status);
  }
}

interface Ports {
  readonly port: number;
  readonly tlsPort: number | null;
}

async function choosePorts({ host = LOOPBACK, port, tls }: RedisOptions): Promise<Ports> {
  const tlsPort = tls ? await lowPort(host) : null;
  if (tls?.only) return { port: 0, tlsPort: port ?? tlsPort };
  return { port: port ?? (await lowPort(host)), tlsPort };
}

/** The bus of a cluster node listens 10000 above its port. */
async function lowPort(host: string): Promise<number> {
  for (;;) {
    const port = await freePort(host);
    if (port <= PORT_MAX) return port;
  }
}

function configurationOf(options: RedisOptions, ports: Ports, directory: string): RedisConfiguration {
  const { host = LOOPBACK, tls, users = [], args = [], databases = null } = options;
  // Without a plaintext port the socket is the way in for `cli`.
  const unixSocket = options.unixSocket || tls?.only ? join(directory, 'redis.sock') : null;
  return {
    directory,
    host,
    ...ports,
    tlsClientAuth: tls?.clientAuth ?? false,
    unixSocket,
    databases,
    password: options.password || null,
    users,
    args,
  };
}

async function writeCertificates(directory: string, tls: RedisTls): Promise<void> {
  for (const name of ['cert', 'key', 'ca'] as const)
    await writeFile(join(directory, TLS_FILES[name]), tls[name], { mode: 0o600 });
}

/** A server bound to every address is reached over loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '*') return LOOPBACK;
  return host === '::' ? '::1' : host;
}
