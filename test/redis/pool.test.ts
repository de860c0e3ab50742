import { expect, onTestFinished, test } from 'vitest';
import type { ConnectionTarget } from '../../src/core/target.ts';
import { SYSTEM_CLOCK } from '../../src/redis/clock.ts';
import type { Connection } from '../../src/redis/connection.ts';
import { type AcquireResult, OWN_POOL_SIZE_MAX, RedisPool } from '../../src/redis/pool.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { startSilentPeer } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { targetOf } from './ladder-target.ts';

const NAME = 'beacon:pool';

function poolOf(port: number, pool: Partial<ConnectionTarget['pool']> = {}) {
  const limits = { min: 1, max: 10, idleTimeoutMs: 30_000, acquireTimeoutMs: 2000, ...pool };
  const state = { broken: 0 };
  const created = new RedisPool(targetOf(port, { clientName: NAME, pool: limits }), {
    clock: SYSTEM_CLOCK,
    onBroken: () => state.broken++,
  });
  onTestFinished(() => created[Symbol.asyncDispose]());
  return { pool: created, state };
}

async function take(pool: RedisPool, count: number): Promise<readonly Connection[]> {
  const results = await Promise.all(Array.from({ length: count }, () => pool.acquire(1000)));
  return results.map(connectionOf);
}

function connectionOf(result: AcquireResult): Connection {
  if (!result.ok) throw new Error(`No connection: ${result.code}`);
  return result.connection;
}

/** How many of ours the server sees. */
async function seenBy(redis: RedisServer): Promise<number> {
  return (await redis.cli('CLIENT', 'LIST')).split('\n').filter((line) => line.includes(`name=${NAME} `)).length;
}

test('its statistics agree with what the server sees', async () => {
  await using redis = await startRedis();
  const { pool } = poolOf(redis.port);

  const [first, second, third] = await take(pool, 3);
  if (first !== undefined) pool.release(first);

  expect(pool.statistics()).toEqual({
    mode: 'pool',
    max: OWN_POOL_SIZE_MAX,
    open: 3,
    idle: 1,
    inUse: 2,
    pending: 0,
    utilization: 0.5,
    acquireWaitMs: { p50: expect.any(Number), p99: expect.any(Number) },
    created: 3,
    destroyed: 0,
    reconnects: 0,
    oldestInFlightMs: expect.any(Number),
  });
  expect(pool.statistics().oldestInFlightMs).toBeGreaterThan(0);
  expect(await seenBy(redis)).toBe(3);
  for (const connection of [second, third]) if (connection !== undefined) pool.release(connection);
});

test('claims nothing before it was used', async () => {
  const { pool } = poolOf(await freePort('127.0.0.1'));

  expect(pool.statistics()).toMatchObject({ open: 0, created: 0, acquireWaitMs: { p50: null, p99: null } });
});

test.each([
  ['the own limit', 10, OWN_POOL_SIZE_MAX],
  ['the limit of the configuration', 2, 2],
])('never opens more than %s, and tells who waits', async (_name, max, limit) => {
  await using redis = await startRedis();
  const { pool } = poolOf(redis.port, { max });
  const taken = await take(pool, limit);

  const waiting = pool.acquire(5000);
  await until(() => pool.statistics().pending === 1);
  const seen = await seenBy(redis);
  for (const connection of taken) pool.release(connection);
  const served = connectionOf(await waiting);

  expect(seen).toBe(limit);
  expect(pool.statistics()).toMatchObject({ max: limit, created: limit, pending: 0, inUse: 1 });
  pool.release(served);
});

test('who waits too long is told so, and is forgotten', async () => {
  await using redis = await startRedis();
  const { pool } = poolOf(redis.port, { max: 1 });
  const [taken] = await take(pool, 1);

  const result = await pool.acquire(50);

  expect(result).toEqual({ ok: false, code: 'PROBE_DEADLINE' });
  expect(pool.statistics().pending).toBe(0);
  if (taken !== undefined) pool.release(taken);
});

test('tells at once why there is no connection', async () => {
  const { pool } = poolOf(await freePort('127.0.0.1'));

  expect(await pool.acquire(1000)).toEqual({ ok: false, code: 'CONN_REFUSED' });
});

test('gives an attempt no longer than it may take', async () => {
  await using peer = await startSilentPeer();
  const { pool } = poolOf(peer.port);
  pool.connectTimeoutMs = 100;

  expect(await pool.acquire(1000)).toEqual({ ok: false, code: 'NO_RESPONSE' });
});

test('opens the minimum by itself', async () => {
  await using redis = await startRedis();
  const { pool } = poolOf(redis.port, { min: 3 });

  await pool.fill(1000);

  expect(pool.statistics()).toMatchObject({ open: 3, idle: 3, inUse: 0, acquireWaitMs: { p50: null } });
  expect(await seenBy(redis)).toBe(3);
});

test('closes what is idle for too long, but keeps the minimum', async () => {
  await using redis = await startRedis();
  const { pool } = poolOf(redis.port, { min: 1, idleTimeoutMs: 100 });
  for (const connection of await take(pool, 3)) pool.release(connection);

  await until(() => pool.statistics().open === 1);

  expect(pool.statistics()).toMatchObject({ created: 3, destroyed: 2, reconnects: 0 });
  expect(await until(async () => (await seenBy(redis)) === 1)).toBe(true);
});

test('notices connections that break while idle, and replaces them', async () => {
  await using redis = await startRedis();
  const { pool, state } = poolOf(redis.port, { min: 2 });
  await pool.fill(1000);

  await redis.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(() => pool.statistics().open === 0);
  await until(async () => {
    await pool.fill(1000);
    return pool.statistics().open === 2;
  });

  expect(state.broken).toBe(2);
  expect(pool.statistics()).toMatchObject({ idle: 2, created: 4, destroyed: 2, reconnects: 2 });
});

test('replaces what was discarded', async () => {
  await using redis = await startRedis();
  const { pool, state } = poolOf(redis.port);
  const [bad] = await take(pool, 1);

  if (bad !== undefined) pool.discard(bad);
  const [good] = await take(pool, 1);

  expect(good).not.toBe(bad);
  expect(state.broken).toBe(0);
  expect(pool.statistics()).toMatchObject({ open: 1, created: 2, destroyed: 1, reconnects: 1 });
  if (good !== undefined) pool.release(good);
});

test('ends in bounded time with a connection in use on a frozen server', async () => {
  await using redis = await startRedis();
  const { pool } = poolOf(redis.port);
  await take(pool, 1);
  redis.kill('SIGSTOP');
  const startedAt = performance.now();

  await pool[Symbol.asyncDispose]();

  expect(performance.now() - startedAt).toBeLessThan(1000);
  expect(pool.statistics()).toMatchObject({ open: 0, inUse: 0 });
  expect(await pool.acquire(100)).toEqual({ ok: false, code: 'PROBE_DEADLINE' });
  redis.kill('SIGCONT');
});
