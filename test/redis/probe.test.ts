import { expect, onTestFinished, test } from 'vitest';
import { SYSTEM_CLOCK } from '../../src/redis/clock.ts';
import { EventLoopDelay } from '../../src/redis/event-loop-delay.ts';
import type { PingOutcome } from '../../src/redis/ping.ts';
import { RedisPool } from '../../src/redis/pool.ts';
import { Probe } from '../../src/redis/probe.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { startSilentPeer } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { targetOf } from './ladder-target.ts';

function probeOf(port: number, random: () => number = Math.random) {
  const outcomes: (PingOutcome & { readonly atMs: number })[] = [];
  const clock = SYSTEM_CLOCK;
  const eventLoop = new EventLoopDelay(clock);
  const pool = new RedisPool(targetOf(port), { clock, onBroken: () => probe.nudge() });
  const probe = new Probe({
    pool,
    clock,
    random,
    eventLoop,
    timeoutMs: 400,
    connectTimeoutMaxMs: 5000,
    onOutcome: (outcome) => outcomes.push({ ...outcome, atMs: clock.monotonicMs() }),
  });
  onTestFinished(async () => {
    eventLoop[Symbol.dispose]();
    await Promise.all([probe[Symbol.asyncDispose](), pool[Symbol.asyncDispose]()]);
  });
  return { probe, pool, outcomes };
}

test('brings latency, time and the delay of its own event loop', async () => {
  await using redis = await startRedis();
  const { probe } = probeOf(redis.port);
  const calledAt = Date.now();

  const outcome = await probe.probe();

  expect(outcome).toEqual({
    kind: 'pong',
    sentAtMs: expect.any(Number),
    latencyMs: expect.any(Number),
    eventLoopDelayMs: expect.any(Number),
  });
  expect(outcome.sentAtMs).toBeGreaterThanOrEqual(calledAt - 1);
});

test('does not blame Redis for a blocked event loop', async () => {
  await using redis = await startRedis();
  const { probe } = probeOf(redis.port);
  await probe.probe();

  const pending = probe.probe();
  await untilWritten();
  blockFor(600);

  // Longer than the timeout of 400 ms, but the answer was there all the time.
  expect((await pending).kind).toBe('pong');
});

test('says how much of the latency was its own event loop', async () => {
  await using redis = await startRedis();
  const { probe } = probeOf(redis.port);
  await probe.probe();

  const pending = probe.probe();
  await untilWritten();
  blockFor(200);
  const outcome = await pending;

  expect(outcome).toMatchObject({ kind: 'pong' });
  if (outcome.kind !== 'pong') return;
  expect(outcome.latencyMs).toBeGreaterThan(150);
  expect(outcome.latencyMs - outcome.eventLoopDelayMs).toBeLessThan(50);
});

test('callers who share a PING get the very same outcome', async () => {
  await using redis = await startRedis();
  const { probe } = probeOf(redis.port);
  await probe.probe();

  const outcomes = await Promise.all(Array.from({ length: 50 }, () => probe.probe()));

  expect(new Set(outcomes).size).toBeLessThanOrEqual(2);
});

test('tries at once to come back, then at most a second apart, however unlucky the dice', async () => {
  const { outcomes } = probeOf(await freePort('127.0.0.1'), () => 1);

  await until(() => outcomes.length >= 4);

  const [first = 0, second = 0, ...later] = outcomes.map(({ atMs }) => atMs);
  expect(second - first).toBeLessThan(200);
  for (const [index, atMs] of later.entries()) {
    expect(atMs - (later[index - 1] ?? second)).toBeLessThan(1000);
  }
  expect(outcomes.every(({ kind }) => kind === 'no-answer')).toBe(true);
});

test('spreads its attempts by chance', async () => {
  const { outcomes } = probeOf(await freePort('127.0.0.1'), () => 0.05);

  await until(() => outcomes.length >= 6, 1000);

  expect(outcomes.length).toBeGreaterThanOrEqual(6);
});

test('gives a server that accepts but is slow more time with each attempt', async () => {
  await using peer = await startSilentPeer();
  const { pool, outcomes } = probeOf(peer.port);
  const atFirst = pool.connectTimeoutMs;

  await until(() => outcomes.length >= 3);

  expect(atFirst).toBe(360);
  expect(pool.connectTimeoutMs).toBeGreaterThanOrEqual(720);
});

test('I6: a caller with less patience is answered by its own deadline', async () => {
  await using redis = await startRedis();
  const { probe } = probeOf(redis.port);
  await probe.probe();
  redis.kill('SIGSTOP');
  const startedAt = performance.now();

  const outcome = await probe.probe(100);

  expect(outcome).toMatchObject({ kind: 'no-answer', code: 'PROBE_DEADLINE' });
  expect(performance.now() - startedAt).toBeLessThan(200);
  redis.kill('SIGCONT');
});

/** A PING is written some turns of the microtask queue after it was asked for. */
async function untilWritten(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
}

function blockFor(durationMs: number): void {
  const endsAt = performance.now() + durationMs;
  while (performance.now() < endsAt);
}
