import { expect, test } from 'vitest';
import type { DeploymentMonitor } from '../../src/health/monitor.ts';
import { createHealthReporter, type HealthReporterOptions } from '../../src/health/report.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { startPingProxy } from '../support/ping-proxy.ts';
import { until } from '../support/until.ts';
import { supervise, timed } from './supervised.ts';

function reporterOf(monitors: Record<string, DeploymentMonitor>, options: Partial<HealthReporterOptions> = {}) {
  return createHealthReporter({
    monitors: () => new Map(Object.entries(monitors)),
    header: () => ({ environment: 'test', revision: 7, catalog: null }),
    deadlineMs: 800,
    ...options,
  });
}

const textOf = (body: Buffer | undefined): unknown => JSON.parse(body?.toString() ?? '');

test('renders the answer in the order of its description, with 200 for pass', async () => {
  await using redis = await startRedis();
  await using main = supervise(redis.port);
  await until(() => main.monitor.snapshot().server.observedAt);

  const report = await reporterOf({ main: main.monitor }).report();

  expect(report).toMatchObject({ statusCode: 200, status: 'pass' });
  const body = textOf(report?.body);
  expect(Object.keys(body as object)).toEqual(['status', 'environment', 'revision', 'catalog', 'time', 'deployments']);
  expect(body).toMatchObject({
    status: 'pass',
    environment: 'test',
    revision: 7,
    deployments: { main: { status: 'pass' } },
  });
  expect(textOf(report?.bodyStatusOnly)).toEqual({ status: 'pass', time: expect.any(String) });
});

test('shares the very same bytes among all who share a PING', async () => {
  await using redis = await startRedis();
  await using proxy = await startPingProxy(redis.port);
  await using main = supervise(proxy.port);
  await main.check();
  proxy.delayMs = 50;
  const { report } = reporterOf({ main: main.monitor });

  const reports = await Promise.all(Array.from({ length: 64 }, () => report()));

  expect(new Set(reports.map((each) => each?.body)).size).toBeLessThanOrEqual(3);
});

test('renders anew when the revision changes although the PING is the same', async () => {
  await using redis = await startRedis();
  await using main = supervise(redis.port);
  redis.kill('SIGKILL');
  await until(async () => (await main.check()).fault?.steps.length);
  let revision = 1;
  const { report } = reporterOf(
    { main: main.monitor },
    { header: () => ({ environment: 'test', revision, catalog: null }) },
  );
  await report();

  revision = 2;

  expect(textOf((await report())?.body)).toMatchObject({ revision: 2 });
});

test('the worst deployment decides, and a named one stands for itself', async () => {
  await using redis = await startRedis();
  await using dead = await startRedis();
  await using main = supervise(redis.port);
  await using spare = supervise(dead.port, { deployment: 'spare' });
  await until(() => main.monitor.snapshot().server.observedAt);
  dead.kill('SIGKILL');
  await until(async () => (await spare.check()).status === 'fail');
  const { report } = reporterOf({ main: main.monitor, spare: spare.monitor });

  const [all, one, other] = [await report(), await report('main'), await report('spare')];

  expect([all?.statusCode, one?.statusCode, other?.statusCode]).toEqual([503, 200, 503]);
  expect(textOf(one?.body)).toMatchObject({ status: 'pass', deployments: { main: {} } });
  expect(textOf(other?.body)).not.toHaveProperty('deployments.main');
});

test('there is no report for an unknown deployment', async () => {
  await using redis = await startRedis();
  await using main = supervise(redis.port);

  const report = await reporterOf({ main: main.monitor }).report('__proto__');

  expect(report).toBeNull();
});

test('fails where nothing is supervised', async () => {
  const report = await reporterOf({}).report();

  expect(report).toMatchObject({ statusCode: 503, status: 'fail' });
});

test('I7: a refused catalog makes a warning of a healthy deployment, never a failure', async () => {
  await using redis = await startRedis();
  await using main = supervise(redis.port);
  await until(() => main.monitor.snapshot().server.observedAt);
  const catalog = { status: 'warn', refusedAt: '2026-11-21T10:00:00.000Z', findings: [] } as const;
  const header = () => ({ environment: 'test', revision: 7, catalog });

  const report = await reporterOf({ main: main.monitor }, { header }).report();

  expect(report).toMatchObject({ statusCode: 200, status: 'warn' });
  expect(textOf(report?.body)).toMatchObject({ status: 'warn', catalog, deployments: { main: { status: 'pass' } } });
});

test('adds the fleet where there is one to tell of', async () => {
  await using redis = await startRedis();
  await using main = supervise(redis.port);
  const fleet = [{ service: 'backend', connections: 12, poolMax: 20, utilization: 0.6 }];

  const report = await reporterOf({ main: main.monitor }, { fleetOf: () => fleet }).report();

  expect(textOf(report?.body)).toMatchObject({ deployments: { main: { fleet } } });
});

test('I6: a frozen deployment does not delay the verdict beyond the deadline, nor that of another', async () => {
  await using redis = await startRedis();
  await using frozen = await startRedis();
  await using main = supervise(redis.port);
  await using spare = supervise(frozen.port, { deployment: 'spare' });
  await Promise.all([main.check(), spare.check()]);
  const { report } = reporterOf({ main: main.monitor, spare: spare.monitor });

  frozen.kill('SIGSTOP');
  const [all, alone] = await Promise.all([timed(() => report()), timed(() => report('main'))]);

  expect(all.value).toMatchObject({ statusCode: 503 });
  expect(all.tookMs).toBeLessThan(800);
  expect(alone.value).toMatchObject({ statusCode: 200 });
  expect(alone.tookMs).toBeLessThan(200);
  frozen.kill('SIGCONT');
});
