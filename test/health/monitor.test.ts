import { expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { redisCommand } from '../../src/testing/redis-command.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { startPeer, startSilentPeer } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { CANARY, supervise, timed, withCanary } from './supervised.ts';

test('passes a healthy server and tells all that the health answer holds', async () => {
  await using redis = await startRedis({ password: CANARY });
  await using supervised = supervise(redis.port, withCanary({ db: 3 }));
  await until(() => supervised.monitor.snapshot().server.observedAt);

  const health = await supervised.check();

  expect(health).toEqual({
    status: 'pass',
    reachable: 'pass',
    readable: 'pass',
    writable: 'pass',
    ping: { latencyMs: expect.any(Number), sentAt: expect.any(String), eventLoopDelayMs: expect.any(Number) },
    fault: null,
    window: {
      seconds: 300,
      probes: expect.any(Number),
      successRate: 1,
      latencyMs: { p50: expect.any(Number), p95: expect.any(Number), p99: expect.any(Number) },
      lastFailure: null,
    },
    pool: {
      mode: 'pool',
      max: 4,
      open: expect.any(Number),
      idle: expect.any(Number),
      inUse: 0,
      pending: 0,
      utilization: 0,
      acquireWaitMs: { p50: expect.any(Number), p99: expect.any(Number) },
      created: expect.any(Number),
      destroyed: 0,
      reconnects: 0,
      oldestInFlightMs: 0,
    },
    server: {
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      role: 'master',
      connectedClients: expect.any(Number),
      maxClients: expect.any(Number),
      usedMemoryBytes: expect.any(Number),
      maxMemoryBytes: 0,
      maxMemoryPolicy: 'noeviction',
      evictedKeys: 0,
      hitRate: null,
      replicationLagSeconds: null,
      observedAt: expect.any(String),
      reason: null,
    },
    tls: null,
    findings: [],
  });
});

test('probes about once a second when nobody asks', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);
  const startedAt = performance.now();

  await until(() => supervised.monitor.snapshot().window.probes >= 4);

  expect(performance.now() - startedAt).toBeGreaterThan(2500);
  expect(performance.now() - startedAt).toBeLessThan(4500);
});

test('a snapshot before the first PING claims nothing', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);

  const health = supervised.monitor.snapshot();

  expect(health).toMatchObject({ status: 'fail', reachable: null, readable: null, writable: null, fault: null });
  expect(health.ping).toEqual({ latencyMs: null, sentAt: null, eventLoopDelayMs: null });
  expect(health.window).toMatchObject({ probes: 0, successRate: null });
});

test('tells once of each change of the verdict, and why', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port);
  await supervised.check();

  redis.kill('SIGKILL');
  await until(() => supervised.events.length >= 2);
  await redis.restart();
  await until(async () => (await supervised.check()).status !== 'fail');

  expect(supervised.events.map(({ from, to, code }) => [from, to, code])).toEqual([
    [null, 'pass', null],
    ['pass', 'fail', expect.stringMatching(/^CONN_(REFUSED|CLOSED_EARLY)$/)],
    ['fail', 'warn', null],
  ]);
  expect(supervised.events.every(({ deployment }) => deployment === 'main')).toBe(true);
});

test.each([
  ['the password is wrong', { password: new Secret('wrong') }, 'AUTH_WRONG'],
  ['a password is needed and none is given', { password: null }, 'AUTH_REQUIRED'],
  ['the database does not exist', { db: 16 }, 'DB_OUT_OF_RANGE'],
])('fails when %s, although the server is reachable', async (_name, changes, code) => {
  await using redis = await startRedis({ password: CANARY, databases: 16 });
  await using supervised = supervise(redis.port, withCanary(changes));

  const health = await supervised.check();

  expect(health).toMatchObject({ status: 'fail', reachable: 'pass', readable: 'fail', writable: 'fail' });
  expect(health.fault).toMatchObject({ code, class: 'configuration', since: expect.any(String) });
});

test('fails at once where nothing listens, and brings the steps of the examination a moment later', async () => {
  await using supervised = supervise(await freePort('127.0.0.1'));

  const first = await supervised.check();
  const examined = await until(async () => {
    const { fault } = await supervised.check();
    return fault !== null && fault.steps.length > 0 ? fault : null;
  });

  expect(first).toMatchObject({ status: 'fail', reachable: 'fail', fault: { code: 'CONN_REFUSED' } });
  expect(examined).toMatchObject({ code: 'CONN_REFUSED', since: first.fault?.since });
});

test('prefers what the examination found to what the symptom looked like', async () => {
  await using redis = await startRedis();
  await redis.cli('CLIENT', 'PAUSE', '60000', 'ALL');
  await using supervised = supervise(redis.port);

  const first = await supervised.check();
  const examined = await until(async () => {
    const { fault } = await supervised.check();
    return fault?.code === 'CLIENTS_PAUSED' ? fault : null;
  });

  expect(first.fault?.code).toBe('NO_RESPONSE');
  expect(examined?.since).toBe(first.fault?.since);
});

test('I6: answers within the deadline when a server accepts and stays silent', async () => {
  await using peer = await startSilentPeer();
  await using supervised = supervise(peer.port);

  const { value, tookMs } = await timed(() => supervised.check());

  expect(value).toMatchObject({ status: 'fail', reachable: 'fail', fault: { code: 'NO_RESPONSE' } });
  expect(tookMs).toBeLessThan(800);
});

test('does not believe a peer that answers anything', async () => {
  await using peer = await startPeer({ answer: (received) => '+OK\r\n'.repeat(received.split('*').length - 1) });
  await using supervised = supervise(peer.port);

  const health = await supervised.check();

  expect(health).toMatchObject({ status: 'fail', fault: { code: 'NOT_REDIS' } });
});

test('a password that is not needed is a warning', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port, withCanary());

  const health = await until(async () => {
    const checked = await supervised.check();
    return checked.findings.some(({ code }) => code === 'AUTH_NOT_CONFIGURED') ? checked : null;
  });

  expect(health).toMatchObject({ status: 'warn', readable: 'pass' });
});

test('turns to fail when the password is changed, although old connections still answer', async () => {
  await using redis = await startRedis({ password: CANARY });
  await using supervised = supervise(redis.port, withCanary(), { credentialsIntervalMs: 200 });
  await supervised.check();

  await redis.cli('CONFIG', 'SET', 'requirepass', 'rotated');
  const failed = await until(async () => {
    const health = await supervised.check();
    return health.status === 'fail' && health.fault?.steps.length ? health : null;
  });
  await supervised.check();
  const old = supervised.monitor.snapshot();

  expect(failed).toMatchObject({ reachable: 'pass', readable: 'fail', fault: { code: 'AUTH_WRONG' } });
  expect(old.ping.latencyMs).toEqual(expect.any(Number));
});

test('passes again when the old password is back', async () => {
  await using redis = await startRedis({ password: CANARY });
  await using supervised = supervise(redis.port, withCanary(), { credentialsIntervalMs: 200 });
  await supervised.check();
  await redis.cli('CONFIG', 'SET', 'requirepass', 'rotated');
  await until(async () => (await supervised.check()).status === 'fail');

  const rotated = { password: 'rotated', timeoutMs: 1000 };
  const address = { host: '127.0.0.1', port: redis.port };
  await redisCommand(address, ['CONFIG', 'SET', 'requirepass', CANARY], rotated);
  const health = await until(async () => {
    const checked = await supervised.check();
    return checked.status === 'pass' ? checked : null;
  });

  expect(health).toMatchObject({ readable: 'pass', fault: null });
});

test('ends in bounded time when the server is frozen, and answers afterwards too', async () => {
  await using redis = await startRedis();
  const supervised = supervise(redis.port);
  await supervised.check();
  redis.kill('SIGSTOP');
  const pending = supervised.check();

  const { tookMs } = await timed(async () => supervised.monitor[Symbol.asyncDispose]());

  expect(tookMs).toBeLessThan(1200);
  expect((await pending).status).toBe('fail');
  expect((await supervised.check()).status).toBe('fail');
  redis.kill('SIGCONT');
});
