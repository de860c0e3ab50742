import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/testing/free-port.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { startSilentPeer } from '../support/peers.ts';
import { startPingProxy } from '../support/ping-proxy.ts';
import { type Beacon, startBeacon } from '../support/service.ts';
import { until } from '../support/until.ts';

/** The default deadline, and what a busy machine may add on the way. Kubernetes gives a probe one second. */
const DEADLINE_MS = 800;
const WITHIN_MS = DEADLINE_MS + 190;

const catalogFor = (port: number, changes: object = {}) => ({
  version: 1,
  deployments: { main: { addresses: { host: `127.0.0.1:${port}` }, ...changes } },
  services: { backend: {} },
});

const startFor = (port: number, changes: object = {}) =>
  startBeacon({ files: { 'catalog.yaml': catalogFor(port, changes) } });

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const startedAt = performance.now();
  const value = await work();
  return [value, performance.now() - startedAt];
}

const isPassing = (beacon: Beacon) => until(async () => (await beacon.ask('/health/redis')).json.status === 'pass');

/** After an outage the rate of successful probes is a warning for some minutes. */
const isBack = (beacon: Beacon) => until(async () => (await beacon.ask('/health/redis')).status === 200);

/** What must not notice that Redis is away. */
async function expectTheRestUnmoved(beacon: Beacon): Promise<void> {
  for (const path of ['/health/live', '/health/ready', '/config/backend', '/metrics']) {
    const [{ status }, tookMs] = await timed(() => beacon.ask(path));
    expect([path, status]).toEqual([path, 200]);
    expect(tookMs).toBeLessThan(500);
  }
}

describe('while Redis is well', () => {
  test('the answer has the documented shape', async () => {
    await using redis = await startRedis();
    await using beacon = await startFor(redis.port);
    await isPassing(beacon);
    const json = await until(async () => {
      const answer = await beacon.ask('/health/redis');
      return answer.json.deployments.main.server.version !== null && answer.json;
    });
    const milliseconds = expect.any(Number);
    expect(json).toEqual({
      status: 'pass',
      environment: 'development',
      revision: expect.any(Number),
      catalog: null,
      time: expect.stringMatching(/Z$/),
      deployments: {
        main: {
          status: 'pass',
          reachable: 'pass',
          readable: 'pass',
          writable: 'pass',
          ping: { latencyMs: milliseconds, sentAt: expect.stringMatching(/Z$/), eventLoopDelayMs: milliseconds },
          fault: null,
          window: {
            seconds: 300,
            probes: expect.any(Number),
            successRate: 1,
            latencyMs: { p50: milliseconds, p95: milliseconds, p99: milliseconds },
            lastFailure: null,
          },
          pool: expect.objectContaining({ mode: 'pool', max: 4, inUse: expect.any(Number), pending: 0 }),
          server: expect.objectContaining({ role: 'master', maxMemoryPolicy: 'noeviction', hitRate: null }),
          tls: null,
          findings: [],
        },
      },
    });
  });

  test.each([
    [undefined, 'application/json; charset=utf-8'],
    ['application/health+json', 'application/health+json'],
    ['text/html, application/health+json;q=0.9', 'application/health+json'],
    ['application/json', 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
  ])('Accept: %s is answered as %s, with the same body', async (accept, type) => {
    await using redis = await startRedis();
    await using beacon = await startFor(redis.port);
    const { headers, json } = await beacon.ask(
      '/health/redis',
      accept === undefined ? {} : { headers: { Accept: accept } },
    );
    expect(headers['content-type']).toBe(type);
    expect(json).toHaveProperty('deployments.main');
  });

  test('one deployment can be asked for; an unknown one is a 404 with the nearest names', async () => {
    await using redis = await startRedis();
    await using beacon = await startFor(redis.port);
    const one = await beacon.ask('/health/redis/main');
    expect([one.status, Object.keys(one.json.deployments)]).toEqual([200, ['main']]);
    const none = await beacon.ask('/health/redis/mian');
    expect([none.status, none.json.code, none.json.nearest]).toEqual([404, 'DEPLOYMENT_UNKNOWN', ['main']]);
    for (const name of ['__proto__', 'MAIN', '%2e%2e', 'a'.repeat(64)])
      expect([name, (await beacon.ask(`/health/redis/${name}`)).status]).toEqual([name, 400]);
    for (const name of ['constructor', 'tostring'])
      expect([name, (await beacon.ask(`/health/redis/${name}`)).status]).toEqual([name, 404]);
  });

  test('I5: each answer rests on a PING that was sent after the request', async () => {
    await using redis = await startRedis();
    await using beacon = await startFor(redis.port);
    await isPassing(beacon);
    for (let n = 0; n < 20; n += 1) {
      const askedAt = Date.now();
      const { json } = await beacon.ask('/health/redis');
      expect(Date.parse(json.deployments.main.ping.sentAt)).toBeGreaterThanOrEqual(askedAt - 1); // cut to milliseconds
    }
  });

  test('I5: 200 requests at the same time share a few PINGs, of which never two are under way', async () => {
    await using redis = await startRedis();
    await using proxy = await startPingProxy(redis.port);
    await using beacon = await startFor(proxy.port);
    await isPassing(beacon);
    await beacon.revision(2); // the proof of the start is over
    proxy.inFlightMax = 0;
    proxy.delayMs = 30;
    const before = proxy.pings;
    const answers = await Promise.all(Array.from({ length: 200 }, () => beacon.ask('/health/redis')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(proxy.pings - before).toBeLessThan(40);
    expect(proxy.inFlightMax).toBe(1);
  });
});

describe('while Redis is away', () => {
  test('killed: fails with cause and fix, all else goes on, and it is right within a second of its return', async () => {
    await using redis = await startRedis();
    await using beacon = await startFor(redis.port);
    await isPassing(beacon);
    redis.kill('SIGKILL');
    await redis.ended();
    const [first, tookMs] = await timed(() => beacon.ask('/health/redis'));
    expect(first.status).toBe(503);
    expect(tookMs).toBeLessThan(WITHIN_MS);
    const fault = await until(async () => {
      const { json } = await beacon.ask('/health/redis');
      return json.deployments.main.fault.code === 'CONN_REFUSED' && json.deployments.main.fault;
    });
    expect(fault).toMatchObject({
      class: 'environment',
      title: expect.any(String),
      cause: `Nothing listens on 127.0.0.1:${redis.port}.`,
      fix: expect.any(String),
      help: expect.any(String),
      since: expect.stringMatching(/Z$/),
      steps: expect.any(Array),
    });
    await expectTheRestUnmoved(beacon);
    expect((await beacon.ask('/metrics')).body).toMatch(/^redis_up\{deployment="main"\} 0$/m);
    await redis.restart();
    const [, backMs] = await timed(() => isBack(beacon));
    expect(backMs).toBeLessThan(1300);
    const changes = beacon.logs().filter(({ msg }) => msg === 'deployment state changed');
    expect(changes[0]).toMatchObject({ level: 30, deployment: 'main', from: null, to: 'pass', code: null });
    expect(changes).toContainEqual(
      expect.objectContaining({ level: 50, deployment: 'main', to: 'fail', code: expect.any(String) }),
    );
  });

  test('I6: frozen: each answer comes within its deadline, and all else goes on', async () => {
    await using redis = await startRedis();
    await using beacon = await startFor(redis.port);
    await isPassing(beacon);
    redis.kill('SIGSTOP');
    for (let n = 0; n < 3; n += 1) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => timed(() => beacon.ask('/health/redis'))));
      for (const [{ status }, tookMs] of answers) {
        expect(status).toBe(503);
        expect(tookMs).toBeLessThan(WITHIN_MS);
      }
      await expectTheRestUnmoved(beacon);
    }
    redis.kill('SIGCONT');
    const [, backMs] = await timed(() => isBack(beacon));
    expect(backMs).toBeLessThan(1300);
  });

  test('I6: a shorter deadline is kept, too', async () => {
    await using redis = await startRedis();
    await using beacon = await startBeacon({
      files: { 'catalog.yaml': catalogFor(redis.port) },
      variables: { BEACON_HEALTH_DEADLINE_MS: '200' },
    });
    await isPassing(beacon);
    redis.kill('SIGSTOP');
    const [{ status }, tookMs] = await timed(() => beacon.ask('/health/redis'));
    expect(status).toBe(503);
    expect(tookMs).toBeLessThan(200 + 190);
  });

  const away: readonly (readonly [
    string,
    string,
    () => Promise<{ port: number; host?: string; changes?: object } & AsyncDisposable>,
  ])[] = [
    [
      'a wrong password',
      'AUTH_WRONG',
      async () => {
        const redis = await startRedis({ password: 'right' });
        return {
          port: redis.port,
          changes: { auth: { password: 'wrong' } },
          [Symbol.asyncDispose]: () => redis.stop(),
        };
      },
    ],
    [
      'a password needed and none given',
      'AUTH_REQUIRED',
      async () => {
        const redis = await startRedis({ password: 'right' });
        return { port: redis.port, [Symbol.asyncDispose]: () => redis.stop() };
      },
    ],
    [
      'a refused port',
      'CONN_REFUSED',
      async () => ({ port: await freePort('127.0.0.1'), [Symbol.asyncDispose]: async () => undefined }),
    ],
    [
      'a host that does not exist',
      'DNS_NOT_FOUND',
      async () => ({ port: 6379, host: 'no-such-host.invalid', [Symbol.asyncDispose]: async () => undefined }),
    ],
    ['a silent server', 'NO_RESPONSE', startSilentPeer],
  ];

  test.each(away)('%s from the start: fails within the deadline as %s', async (_what, code, prepare) => {
    await using server = await prepare();
    const { port, host = '127.0.0.1', changes = {} } = server;
    const addresses = { host: `${host}:${port}` };
    await using beacon = await startFor(port, { addresses, ...changes });
    const [{ status, json }, tookMs] = await timed(() => beacon.ask('/health/redis'));
    expect([status, json.status]).toEqual([503, 'fail']);
    expect(tookMs).toBeLessThan(WITHIN_MS);
    const found = await until(async () => {
      const { fault } = (await beacon.ask('/health/redis')).json.deployments.main;
      return (fault.code.includes(code) || fault.steps.length > 0) && fault;
    });
    expect(found.code).toContain(code);
    await expectTheRestUnmoved(beacon);
  });

  test('one of two deployments: the whole fails, the other one passes', async () => {
    await using redis = await startRedis();
    const gone = await freePort('127.0.0.1');
    const catalog = {
      version: 1,
      deployments: {
        main: { addresses: { host: `127.0.0.1:${redis.port}` } },
        second: { addresses: { host: `127.0.0.1:${gone}` } },
      },
      services: { backend: {} },
    };
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog } });
    await until(async () => (await beacon.ask('/health/redis/main')).status === 200);
    expect((await beacon.ask('/health/redis')).json).toMatchObject({
      status: 'fail',
      deployments: { main: { status: 'pass' }, second: { status: 'fail' } },
    });
    expect((await beacon.ask('/health/redis/second')).status).toBe(503);
  });
});

describe('/metrics', () => {
  let beacon: Beacon;
  let stop: () => Promise<void>;
  let pings: () => number;

  beforeAll(async () => {
    const redis = await startRedis();
    const proxy = await startPingProxy(redis.port);
    beacon = await startFor(proxy.port);
    pings = () => proxy.pings;
    stop = async () => {
      await beacon[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await redis.stop();
    };
    await isPassing(beacon);
  });

  afterAll(() => stop());

  test('is Prometheus text: each sample belongs to a family with help and type', async () => {
    const { headers, body } = await beacon.ask('/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=/);
    const families = new Map<string, { help: boolean; type: string | null; samples: number }>();
    const family = (name: string) => {
      const known = families.get(name) ?? { help: false, type: null, samples: 0 };
      families.set(name, known);
      return known;
    };
    for (const line of body.split('\n').filter((text) => text !== '')) {
      const comment = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
      if (comment?.[1] === 'HELP') family(comment[2] ?? '').help = true;
      else if (comment?.[1] === 'TYPE') family(comment[2] ?? '').type = comment[3] ?? null;
      else {
        const sample =
          /^([a-zA-Z_:][\w:]*)(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (NaN|[+-]?Inf|[-+0-9.e]+)( \d+)?$/i.exec(
            line,
          );
        expect(sample, line).not.toBeNull();
        const name = sample?.[1] ?? '';
        const owner = families.has(name) ? name : name.replace(/_(sum|count|bucket)$/, '');
        family(owner).samples += 1;
      }
    }
    expect(families.size).toBeGreaterThan(20);
    for (const [name, { help, type }] of families)
      expect([name, help, type]).toEqual([name, true, expect.stringMatching(/^(gauge|counter|histogram|summary)$/)]);
    expect(body).toMatch(/^redis_up\{deployment="main"\} 1$/m);
    expect(body).toMatch(/^redis_beacon_deployment_status\{deployment="main",status="pass"\} 1$/m);
    expect(body).toMatch(/^redis_beacon_catalog_refused 0$/m);
  });

  test('a scrape sends no PING', async () => {
    const known = await until(async () => (await beacon.ask('/metrics')).body.includes('redis_beacon_ping_seconds{'));
    expect(known).toBe(true);
    const before = pings();
    const [, tookMs] = await timed(async () => {
      for (let n = 0; n < 100; n += 1) await beacon.ask('/metrics');
    });
    // the background goes on by itself, about once a second
    expect(pings() - before).toBeLessThanOrEqual(2 + tookMs / 500);
  });
});

test('/health/live and /health/ready need no Redis and no token', async () => {
  await using beacon = await startFor(await freePort('127.0.0.1'));
  for (const path of ['/health/live', '/health/ready']) {
    const { status, json } = await beacon.ask(path);
    expect([status, json]).toEqual([200, { status: 'pass' }]);
  }
  beacon.service.drain();
  const ready = await beacon.ask('/health/ready');
  expect([ready.status, ready.json]).toEqual([503, { status: 'fail', reason: 'draining' }]);
  expect((await beacon.ask('/health/live')).status).toBe(200);
  expect((await beacon.ask('/config/backend')).status).toBe(200);
});
