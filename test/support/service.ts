import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import type { Finding } from '../../src/core/finding.ts';
import { type Service, startService } from '../../src/service.ts';
import { readSettings } from '../../src/settings.ts';
import { type RawAnswer, requestRaw } from './raw-http.ts';
import { until } from './until.ts';

export interface BeaconOptions {
  /** Over `PORT=0`, loopback, network `host` and fast polling; there is nothing of the process's own. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Written before the start, relative to the service's directory. */
  readonly files?: Readonly<Record<string, string | object>>;
  /** Default: a new one, removed at the end. */
  readonly directory?: string;
}

export interface AskOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
}

export interface Answer extends RawAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes, and a wrong guess fails the test
  readonly json: any;
}

/** The service in this process, as `main.ts` starts it, with its log lines kept. */
export interface Beacon extends AsyncDisposable {
  readonly service: Service;
  readonly port: number;
  readonly directory: string;
  readonly logText: () => string;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly logs: () => any[];
  ask(path: string, options?: AskOptions): Promise<Answer>;
  /** Writes beside and renames, so that no reader sees half of it. */
  write(file: string, content: string | object): Promise<void>;
  /** Waits until that revision, or a later one, is active. */
  revision(number: number): Promise<void>;
}

export type BeaconStart =
  | { readonly ok: true; readonly beacon: Beacon }
  | { readonly ok: false; readonly reasons: readonly Finding[]; readonly logText: string };

const DEFAULTS = {
  HOST: '127.0.0.1',
  PORT: '0',
  BEACON_NETWORK: 'host',
  BEACON_POLL_MS: '20',
  BEACON_SETTLE_MS: '20',
  LOG_LEVEL: 'trace',
};

const PARSER_WORKER = new URL('../../src/catalog/parser-worker.ts', import.meta.url);

/** Starts the service; throws when it refuses to start. */
export async function startBeacon(options: BeaconOptions = {}): Promise<Beacon> {
  const started = await tryBeacon(options);
  if (started.ok) return started.beacon;
  throw new Error(`The service refused to start: ${JSON.stringify(started.reasons)}`);
}

export async function tryBeacon(options: BeaconOptions = {}): Promise<BeaconStart> {
  const variables = { ...DEFAULTS, ...options.variables };
  const read = readSettings(variables);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'redis-beacon-test-')));
  const write = (file: string, content: string | object) => writeAtomically(join(directory, file), content);
  for (const [file, content] of Object.entries(options.files ?? {})) await write(file, content);
  const log = captureLog(read.settings.LOG_LEVEL);
  const tidyUp = async (): Promise<void> => {
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  };
  const started = await startService({
    settings: read.settings,
    variables,
    directory,
    logger: log.logger,
    parserWorker: PARSER_WORKER,
  });
  if (!started.ok) {
    await tidyUp();
    return { ok: false, reasons: started.reasons, logText: log.text() };
  }
  const { service } = started;
  const { port } = service.app.server.address() as AddressInfo; // it listens on TCP
  const ask = (path: string, asked: AskOptions = {}) => askPort(port, path, asked);
  const beacon: Beacon = {
    service,
    port,
    directory,
    logText: log.text,
    logs: () =>
      log
        .text()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    ask,
    write,
    revision: async (number) => {
      await until(async () => revisionOf((await ask('/metrics')).body) >= number);
    },
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]();
      await tidyUp();
    },
  };
  return { ok: true, beacon };
}

function revisionOf(metrics: string): number {
  return Number(/^redis_beacon_revision (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

async function askPort(
  port: number,
  path: string,
  { token, headers = {}, method = 'GET' }: AskOptions,
): Promise<Answer> {
  const authorization = token === undefined ? [] : [`Authorization: Bearer ${token}`];
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const answer = await requestRaw(port, `${method} ${path}`, [...authorization, ...lines]);
  return {
    ...answer,
    get json() {
      return JSON.parse(answer.body);
    },
  };
}

function captureLog(level: string): { logger: pino.Logger; text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return { logger: pino({ level, base: null }, stream), text: () => chunks.join('') };
}

async function writeAtomically(path: string, content: string | object): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.hrtime.bigint()}.tmp`;
  await writeFile(beside, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  await rename(beside, path);
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The tokens of the callers in {@link strictCatalog}. */
export const TOKENS = {
  backend: 'token-of-backend-0123456789',
  auth: 'token-of-auth-0123456789',
  everything: 'token-of-everything-0123456789',
  ops: 'token-of-ops-0123456789',
} as const;

export const CALLERS = {
  backend: { tokenSha256: sha256(TOKENS.backend), services: ['backend'] },
  auth: { tokenSha256: sha256(TOKENS.auth), services: ['auth'] },
  everything: { tokenSha256: sha256(TOKENS.everything), services: ['*'] },
  ops: { tokenSha256: sha256(TOKENS.ops), services: [], operator: true },
} as const;

/** Two services on the Redis at this port, with callers; fit for production but for TLS, which it waives. */
export function strictCatalog(redisPort: number, changes: object = {}): Record<string, unknown> {
  return {
    version: 1,
    deployments: {
      main: {
        addresses: { host: `127.0.0.1:${redisPort}`, container: 'redis.example:6379' },
        waive: { tls: 'a loopback server of a test' },
        ...changes,
      },
    },
    services: {
      backend: { connections: { cache: { db: 0, workload: 'cache' }, session: { db: 1 } } },
      auth: {},
    },
    access: { callers: CALLERS },
  };
}
