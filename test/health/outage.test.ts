import { expect, test } from 'vitest';
import { startRedis } from '../../src/testing/redis-server.ts';
import { until } from '../support/until.ts';
import { supervise, timed } from './supervised.ts';

test('notices a killed server without waiting for the next PING', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);
  await supervised.check();

  redis.kill('SIGKILL');
  await redis.ended();
  const { tookMs } = await timed(() => until(() => supervised.monitor.snapshot().status === 'fail'));

  expect(tookMs).toBeLessThan(300);
});

test('answers at once while the server is known to be down', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);
  await supervised.check();
  redis.kill('SIGSTOP');
  await until(async () => (await supervised.monitor.check()).status === 'fail');

  const { value, tookMs } = await timed(() => supervised.monitor.check());

  expect(value).toMatchObject({ status: 'fail', fault: { code: 'NO_RESPONSE' } });
  expect(tookMs).toBeLessThan(50);
  redis.kill('SIGCONT');
});

test('is right again within a second after a killed server is back', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);
  await supervised.check();
  redis.kill('SIGKILL');
  await until(async () => (await supervised.monitor.check()).status === 'fail');

  await redis.restart();
  const { value, tookMs } = await timed(() =>
    until(async () => {
      const health = await supervised.check();
      return health.status === 'fail' ? null : health;
    }),
  );

  expect(tookMs).toBeLessThan(1000);
  // The outage stays visible in the window.
  expect(value).toMatchObject({ status: 'warn', reachable: 'pass', readable: 'pass', fault: null });
  expect(value?.window.lastFailure?.code).toBe('CONN_REFUSED');
});

test('is right again within a second after a frozen server goes on', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);
  await supervised.check();
  redis.kill('SIGSTOP');
  await until(() => supervised.monitor.snapshot().window.lastFailure?.code === 'NO_RESPONSE');

  redis.kill('SIGCONT');
  const { tookMs } = await timed(() => until(async () => (await supervised.check()).status !== 'fail'));

  expect(tookMs).toBeLessThan(1000);
});

test('replaces a connection that the server has closed without ever failing', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);
  await supervised.check();

  for (let round = 0; round < 5; round++) {
    await redis.cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    expect((await supervised.check()).reachable).toBe('pass');
  }

  expect(supervised.monitor.snapshot().window.successRate).toBe(1);
  expect(supervised.monitor.snapshot().pool.reconnects).toBeGreaterThan(0);
});

test('I6: answers every caller within the deadline when the server freezes under load', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);
  await supervised.check();
  const answers: { readonly tookMs: number; readonly status: string }[] = [];
  let isOver = false;
  const callers = Array.from({ length: 32 }, async () => {
    while (!isOver) {
      const { value, tookMs } = await timed(() => supervised.monitor.check());
      answers.push({ tookMs, status: value.status });
      await new Promise(setImmediate);
    }
  });

  redis.kill('SIGSTOP');
  await until(() => supervised.monitor.snapshot().status === 'fail');
  isOver = true;
  await Promise.all(callers);

  expect(answers.at(-1)?.status).toBe('fail');
  expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(800);
  redis.kill('SIGCONT');
});
