import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../src/testing/free-port.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { examine, targetOf, verdictOf, warningsOf } from './ladder-target.ts';

const DEBUG = ['--enable-debug-command', 'yes'];

test('names a server that takes no more clients', async () => {
  await using redis = await startRedis({ args: ['--maxclients', '2'] });
  const holders = [connect(redis.port, '127.0.0.1'), connect(redis.port, '127.0.0.1')];
  for (const holder of holders) holder.write('PING\r\n');
  await Promise.all(holders.map((holder) => once(holder, 'data')));

  const result = await examine(targetOf(redis.port));

  for (const holder of holders) holder.destroy();
  expect(verdictOf(result)).toBe('fail MAX_CLIENTS at listen');
});

test('names a server that is loading its data', async () => {
  await using redis = await startRedis({ args: DEBUG });
  await redis.cli('DEBUG', 'POPULATE', '3000');
  await redis.cli('SAVE');
  const port = await freePort('127.0.0.1');
  await using _loading = await startRaw([
    ...['--port', String(port), '--dir', redis.directory, '--key-load-delay', '2000', '--save', ''],
    ...['--loading-process-events-interval-bytes', '1024'],
  ]);
  await untilAccepts(port);

  const result = await examine(targetOf(port));

  expect(verdictOf(result)).toBe('fail LOADING at ping');
});

test('names a script that blocks the server', async () => {
  await using redis = await startRedis({ args: ['--lua-time-limit', '50'] });
  const script = connect(redis.port, '127.0.0.1');
  script.on('error', () => {});
  script.write('EVAL "while true do end" 0\r\n');
  await untilBusy(redis.port);

  const result = await examine(targetOf(redis.port));

  script.destroy();
  expect(verdictOf(result)).toBe('fail BUSY_SCRIPT at ping');
});

test('names clients that are paused, and not a frozen server', async () => {
  await using redis = await startRedis();
  await redis.cli('CLIENT', 'PAUSE', '10000', 'ALL');

  const result = await examine(targetOf(redis.port));

  expect(verdictOf(result)).toBe('fail CLIENTS_PAUSED at ping');
});

test('passes while only writes are paused', async () => {
  await using redis = await startRedis();
  await redis.cli('CLIENT', 'PAUSE', '10000', 'WRITE');

  const result = await examine(targetOf(redis.port));

  expect(verdictOf(result)).toBe('pass');
});

test('waits for a slow answer', async () => {
  await using redis = await startRedis({ args: DEBUG });
  const sleeping = redis.cli('DEBUG', 'SLEEP', '0.8');
  await untilSilent(redis.port);

  const result = await examine(targetOf(redis.port));

  await sleeping;
  expect(verdictOf(result)).toBe('pass');
  expect(result.steps.find((step) => step.name === 'ping')?.durationMs).toBeGreaterThan(100);
});

test('names a replica without its master that serves nothing', async () => {
  const args = ['--replicaof', '127.0.0.1', '1', '--replica-serve-stale-data', 'no'];
  await using redis = await startRedis({ args });

  const result = await examine(targetOf(redis.port));

  expect(verdictOf(result)).toBe('fail MASTER_DOWN at ping');
});

test('warns of a read-only replica', async () => {
  await using redis = await startRedis({ args: ['--replicaof', '127.0.0.1', '1'] });

  const result = await examine(targetOf(redis.port));

  expect(verdictOf(result)).toBe('pass');
  expect(result.server?.role).toBe('replica');
  expect(warningsOf(result)).toEqual(['READ_ONLY_REPLICA']);
});

test('warns of a server that cannot save its data but can be read', async () => {
  await using redis = await startRedis({ args: ['--save', '3600', '1'] });
  await mkdir(join(redis.directory, 'dump.rdb'));
  await redis.cli('SET', 'key', 'value');
  await redis.cli('BGSAVE');
  await expect.poll(() => redis.cli('INFO', 'persistence')).toContain('rdb_last_bgsave_status:err');

  const result = await examine(targetOf(redis.port));

  expect(verdictOf(result)).toBe('pass');
  expect(warningsOf(result)).toEqual(['PERSISTENCE_FAILED']);
  expect(result.pingMs).toBeGreaterThan(0);
});

test('names a cluster node', async () => {
  await using redis = await startRedis({ args: ['--cluster-enabled', 'yes'] });

  const result = await examine(targetOf(redis.port, { db: 2 }));

  expect(verdictOf(result)).toBe('fail CLUSTER_MODE_MISMATCH at hello');
  expect(result.fault?.fix).toContain('db 2 must go');
});

test('names a Sentinel, although it answers PING', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'redis-beacon-sentinel-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const port = await freePort('127.0.0.1');
  await writeFile(join(directory, 'sentinel.conf'), `port ${port}\nbind 127.0.0.1\n`);
  await using _sentinel = await startRaw([join(directory, 'sentinel.conf'), '--sentinel']);
  await untilAccepts(port);

  const result = await examine(targetOf(port));

  expect(verdictOf(result)).toBe('fail IS_SENTINEL at hello');
  expect(result.server).toMatchObject({ mode: 'sentinel' });
});

/** A redis-server in a state that it has before it is ready, or never. */
async function startRaw(args: readonly string[]): Promise<AsyncDisposable> {
  const server = spawn(process.env.REDIS_SERVER_BIN ?? 'redis-server', args, { stdio: 'ignore' });
  await once(server, 'spawn');
  return {
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL');
      await once(server, 'close');
    },
  };
}

async function untilAccepts(port: number): Promise<void> {
  await expect.poll(() => firstWord(port), { timeout: 10_000 }).not.toBe('');
}

async function untilBusy(port: number): Promise<void> {
  await expect.poll(() => firstWord(port), { timeout: 10_000 }).toBe('-BUSY');
}

async function untilSilent(port: number): Promise<void> {
  await expect.poll(() => firstWord(port, 50)).toBe('');
}

/** First word of the answer to a PING, empty without one. */
async function firstWord(port: number, timeoutMs = 500): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<string>();
  socket.on('data', (chunk) => resolve(chunk.toString('latin1').split(/\s/)[0] ?? ''));
  socket.on('error', () => resolve(''));
  socket.setTimeout(timeoutMs, () => resolve(''));
  socket.write('PING\r\n');
  const word = await promise;
  socket.destroy();
  return word;
}
