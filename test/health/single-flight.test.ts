import { expect, test } from 'vitest';
import { startRedis } from '../../src/testing/redis-server.ts';
import { startPingProxy } from '../support/ping-proxy.ts';
import { until } from '../support/until.ts';
import { supervise, timed } from './supervised.ts';

test('I5: 200 callers at once share two PINGs, with never more than one in flight', async () => {
  await using redis = await startRedis();
  await using proxy = await startPingProxy(redis.port);
  await using supervised = supervise(proxy.port);
  await supervised.check();
  proxy.delayMs = 50;
  const pingsBefore = proxy.pings;
  const calledAt = Date.now();

  const answers = await Promise.all(Array.from({ length: 200 }, () => supervised.monitor.check()));

  expect(answers.every(({ status }) => status !== 'fail')).toBe(true);
  expect(proxy.pings - pingsBefore).toBeLessThanOrEqual(3);
  expect(proxy.inFlightMax).toBe(1);
  expect(answers.every(({ ping }) => Date.parse(ping.sentAt ?? '') >= calledAt)).toBe(true);
});

test('I5: each answer rests on a PING that was sent after its question', async () => {
  await using redis = await startRedis();
  await using proxy = await startPingProxy(redis.port);
  await using supervised = supervise(proxy.port);
  await supervised.check();
  proxy.delayMs = 5;

  const late = await Promise.all(
    Array.from({ length: 40 }, async (_, caller) => {
      await until(() => proxy.pings >= 2 + caller / 4);
      const calledAt = Date.now();
      const { ping } = await supervised.monitor.check();
      return Date.parse(ping.sentAt ?? '') - calledAt;
    }),
  );

  expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  expect(proxy.inFlightMax).toBe(1);
});

test('I5: the server itself counts far fewer PINGs than there were callers', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);
  await supervised.check();
  const before = await pingsOf(redis);

  await Promise.all(Array.from({ length: 200 }, () => supervised.monitor.check()));

  expect((await pingsOf(redis)) - before).toBeLessThanOrEqual(3);
});

test('I6: a caller whose turn never comes is told so by its own deadline', async () => {
  await using redis = await startRedis();
  await using proxy = await startPingProxy(redis.port);
  await using supervised = supervise(proxy.port);
  await supervised.check();
  proxy.delayMs = 500;
  const pingsBefore = proxy.pings;
  const first = supervised.monitor.check();
  await until(() => proxy.pings > pingsBefore);

  const { value, tookMs } = await timed(() => supervised.monitor.check());

  // Its PING would have had to wait for the one before: 500 + 500 ms.
  expect(value).toMatchObject({ status: 'fail', fault: { code: 'PROBE_DEADLINE' } });
  expect(tookMs).toBeLessThan(800);
  expect((await first).status).not.toBe('fail');
});

async function pingsOf(redis: { cli(...args: string[]): Promise<string> }): Promise<number> {
  const stats = await redis.cli('INFO', 'commandstats');
  return Number(/cmdstat_ping:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}
