import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { platform } from 'node:process';
import { cacheFolder } from './cache-folder.ts';
import { downloadDebianRedis } from './debian-packages.ts';
import { runProgram } from './run-program.ts';

/** Absolute paths of programs that run on this machine. */
export interface RedisPrograms {
  readonly redisServer: string;
  /** Null: not there; `redis-server <file> --sentinel` does the same. */
  readonly redisSentinel: string | null;
  readonly redisCli: string | null;
  /** Such as `7.0.15`. */
  readonly version: string;
  /** Where it was found, in words. */
  readonly origin: string;
}

export interface FindOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Told, one line each, about steps that take seconds. */
  readonly log?: (line: string) => void;
}

const NAMES = ['redis-server', 'valkey-server'] as const;

/**
 * A `redis-server` to run: the one named by `REDIS_SERVER_BIN`, else on the `PATH`, else in the project's own cache,
 * else (Debian, Ubuntu) downloaded into that cache, without root and without a change to the system.
 * Throws an error that says what to install when there is none.
 */
export async function findRedisServer(options: FindOptions): Promise<RedisPrograms> {
  const named = options.env.REDIS_SERVER_BIN;
  if (named) return fromVariable(resolve(named), options.env);
  const found = (await fromPath(options.env)) ?? (await fromCache(options.env)) ?? (await download(options));
  if (found === null)
    throw new Error(`No redis-server here: ${advice()}, or let "docker compose -f compose.dev.yml up" do it all.`);
  return found;
}

async function fromVariable(path: string, env: NodeJS.ProcessEnv): Promise<RedisPrograms> {
  if (!(await isExecutable(path)))
    throw new Error(`REDIS_SERVER_BIN names ${path}, which is no program that can be run.`);
  const found = await describe(path, 'REDIS_SERVER_BIN', env);
  if (found === null)
    throw new Error(`REDIS_SERVER_BIN names ${path}, which does not answer --version as redis-server does.`);
  return found;
}

async function fromPath(env: NodeJS.ProcessEnv): Promise<RedisPrograms | null> {
  for (const name of NAMES) {
    const path = await searchPath(name, env);
    const found = path && (await describe(path, 'PATH', env));
    if (found) return found;
  }
  return null;
}

async function fromCache(env: NodeJS.ProcessEnv): Promise<RedisPrograms | null> {
  if (platform === 'win32') return null;
  const folder = await cacheFolder(env);
  return describe(join(folder, 'bin', 'redis-server'), `cache ${folder}`, env);
}

async function download(options: FindOptions): Promise<RedisPrograms | null> {
  const { env, log = () => {} } = options;
  if (!(await searchPath('apt-get', env)) || !(await searchPath('dpkg', env))) return null;
  log(
    'No redis-server here: unpacking the packages of this distribution into the cache (the system stays as it is) ...',
  );
  const startedAt = performance.now();
  const folder = await cacheFolder(env);
  if (!(await downloadDebianRedis({ folder, env, log }))) return null;
  const found = await describe(join(folder, 'bin', 'redis-server'), `packages unpacked in ${folder}`, env);
  if (found) log(`Redis ${found.version} is in ${folder} after ${Math.round(performance.now() - startedAt)} ms.`);
  return found;
}

/** Null when the program does not run or is no Redis. */
async function describe(path: string, origin: string, env: NodeJS.ProcessEnv): Promise<RedisPrograms | null> {
  const answer = await runProgram(path, ['--version'], { env, timeoutMs: 10_000 });
  const version = /^(?:Redis|Valkey) server v=(\S+)/.exec(answer.stdout)?.[1];
  if (!answer.ok || version === undefined) return null;
  const [redisSentinel, redisCli] = await Promise.all([beside(path, 'sentinel', env), beside(path, 'cli', env)]);
  return { redisServer: path, redisSentinel, redisCli, version, origin };
}

/** The companion in the same folder, so that versions match, else on the `PATH`. */
async function beside(server: string, kind: 'sentinel' | 'cli', env: NodeJS.ProcessEnv): Promise<string | null> {
  for (const name of NAMES.map((each) => each.replace('server', kind))) {
    const neighbour = join(dirname(server), name);
    if (await isExecutable(neighbour)) return neighbour;
  }
  return searchPath(`redis-${kind}`, env);
}

async function searchPath(name: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    const path = resolve(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function advice(): string {
  if (platform === 'darwin') return 'run "brew install redis"';
  if (platform === 'win32') return 'use WSL and install redis-server in it';
  return 'install redis-server ("apt install redis-server", "dnf install redis") or set REDIS_SERVER_BIN';
}
