import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../src/testing/free-port.ts';
import { type RedisServer, startRedis } from '../src/testing/redis-server.ts';
import { findLeaks } from './support/leaks.ts';
import { startPingProxy } from './support/ping-proxy.ts';
import { type Beacon, startBeacon, strictCatalog, TOKENS, tryBeacon } from './support/service.ts';
import { until } from './support/until.ts';

/** One test for each promise, from the outside. Their details are proven where each part is tested. */

const SECRET = 'iN7-vAr1ant+pw/9Qz&kD';
const PRODUCTION = { ENVIRONMENT: 'production', PW: SECRET };

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis({ password: SECRET });
});

afterAll(() => redis.stop());

const guarded = (port = redis.port, changes: object = {}) =>
  strictCatalog(port, { auth: { password: { env: 'PW' } }, ...changes });

const startProduction = (catalog: object = guarded()): Promise<Beacon> =>
  startBeacon({ variables: PRODUCTION, files: { 'catalog.yaml': catalog } });

test('I1: a secret leaves only through the configuration of a service, only to who may read that service', async () => {
  await using beacon = await startProduction();
  const paths = [
    '/config/backend',
    '/config/auth',
    '/config',
    '/debug/redis-config?history=1',
    '/health/redis',
    '/metrics',
  ];
  const holders: string[] = [];
  for (const path of paths) {
    for (const [name, token] of [['nobody', 'x'], ...Object.entries(TOKENS)] as const) {
      const text = (await beacon.ask(path, { token })).bytes;
      if (findLeaks([{ where: path, text }], [{ name, value: SECRET }]).length > 0) holders.push(`${name} ${path}`);
    }
  }
  expect(holders).toEqual([
    'backend /config/backend',
    'everything /config/backend',
    'auth /config/auth',
    'everything /config/auth',
  ]);
  expect(findLeaks([{ where: 'log', text: beacon.logText() }], [{ name: 'it', value: SECRET }])).toEqual([]);
});

test('I2: in strict environments nothing is served that was not first proven against the real Redis', async () => {
  const wrong = await tryBeacon({ variables: { ...PRODUCTION, PW: 'wrong' }, files: { 'catalog.yaml': guarded() } });
  expect(wrong).toMatchObject({ ok: false, reasons: [{ code: 'AUTH_WRONG' }] });
  await using proven = await startProduction();
  const { json } = await proven.ask('/config/backend', { token: TOKENS.backend });
  expect(json.preflight.status).toBe('proven');
  await using waiting = await startProduction(guarded(await freePort('127.0.0.1')));
  expect((await waiting.ask('/config/backend', { token: TOKENS.backend })).status).toBe(503);
});

test('I3: all services on one deployment get the same core, and its fingerprint; another core has another one', async () => {
  const addresses = { host: `127.0.0.1:${redis.port}` };
  const services = Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [
      `s-${at}`,
      { connections: { mine: { deployment: 'main', db: at % 16, pool: { max: at + 1 } } } },
    ]),
  );
  const catalog = {
    version: 1,
    deployments: {
      main: { addresses, auth: { password: { env: 'PW' } } },
      other: { addresses: { ...addresses, 'office-lan': 'h:1' } },
    },
    services: { ...services, elsewhere: { connections: { mine: { deployment: 'other' } } } },
  };
  await using beacon = await startBeacon({ variables: { PW: SECRET }, files: { 'catalog.yaml': catalog } });
  const coreOf = async (name: string) => {
    const { topology, nodes, tls, sentinel, fingerprint } = (await beacon.ask(`/config/${name}`)).json.connections.mine;
    return JSON.stringify({ topology, nodes, tls, sentinel, fingerprint });
  };
  const cores = await Promise.all(Object.keys(services).map(coreOf));
  expect(new Set(cores).size).toBe(1);
  expect(await coreOf('elsewhere')).not.toBe(cores[0]);
});

test('I4: every value knows its layer, its variable or file:line:column, and which values it shadows', async () => {
  const text = `version: 1\ndeployments:\n  main:\n    addresses: { host: "127.0.0.1:1" }\n    auth: { password: { env: PW } }\n`;
  await using beacon = await startBeacon({
    variables: { PW: SECRET, REDIS_PORT: String(redis.port) },
    files: { 'catalog.yaml': text, '.env': '\nREDIS_PORT=2\n' },
  });
  const { json } = await beacon.ask('/debug/redis-config');
  expect(json.deployments.main.addresses.host.port).toEqual({
    value: redis.port,
    origin: { layer: 'process', variable: 'REDIS_PORT' },
    shadowed: [
      { value: 2, origin: { layer: 'env-file', variable: 'REDIS_PORT', file: '.env', line: 2, column: 1 } },
      { value: 1, origin: { layer: 'catalog-base', file: 'catalog.yaml', line: 4, column: 24 } },
      { value: 6379, origin: { layer: 'environment-default' } },
    ],
  });
});

test('I5: each answer rests on a PING of its own time; callers share it, and two are never under way', async () => {
  await using proxy = await startPingProxy(redis.port);
  await using beacon = await startProduction(guarded(proxy.port));
  await until(async () => (await beacon.ask('/health/redis')).status === 200);
  proxy.inFlightMax = 0;
  proxy.delayMs = 20;
  const before = proxy.pings;
  const ask = async () => {
    const askedAt = Date.now();
    const { json } = await beacon.ask('/health/redis', { token: TOKENS.ops });
    return Date.parse(json.deployments.main.ping.sentAt) - askedAt;
  };
  const leads = await Promise.all(Array.from({ length: 100 }, ask));
  expect(Math.min(...leads)).toBeGreaterThanOrEqual(-1); // times are cut to milliseconds
  expect(proxy.pings - before).toBeLessThan(30);
  expect(proxy.inFlightMax).toBe(1);
});

test('I6: a health answer comes within its deadline, whatever Redis does', async () => {
  await using own = await startRedis({ password: SECRET });
  await using beacon = await startProduction(guarded(own.port));
  for (const disturb of ['SIGSTOP', 'SIGCONT', 'SIGKILL'] as const) {
    own.kill(disturb);
    const startedAt = performance.now();
    const { status } = await beacon.ask('/health/redis');
    expect([200, 503]).toContain(status);
    expect(performance.now() - startedAt).toBeLessThan(1000); // 800 ms, and the time-out of Kubernetes' probe
  }
});

test('I7: neither an outage nor a bad catalog takes away what was proven, and the service says so', async () => {
  await using own = await startRedis({ password: SECRET });
  await using beacon = await startProduction(guarded(own.port));
  const config = () => beacon.ask('/config/backend', { token: TOKENS.backend });
  const before = await config();
  own.kill('SIGKILL');
  await own.ended();
  await beacon.write('catalog.yaml', '{ "version": 1, "services": {');
  const refused = await until(
    async () => (await beacon.ask('/debug/redis-config', { token: TOKENS.ops })).json.catalog.refused,
  );
  expect(refused.reasons).toMatchObject([{ code: 'CATALOG_SYNTAX' }]);
  const after = await config();
  expect([after.status, after.body, after.headers.etag]).toEqual([200, before.body, before.headers.etag]);
  expect((await beacon.ask('/health/ready')).status).toBe(200);
  expect((await beacon.ask('/health/live')).status).toBe(200);
});

test('I8: outside development and test nothing is assumed; what is unknown or missing is an error that names it', async () => {
  const started = await tryBeacon({ variables: { ENVIRONMENT: 'staging' } });
  if (started.ok) throw new Error('It started.');
  expect(started.reasons.map(({ code }) => code)).toEqual(
    expect.arrayContaining(['ADDRESS_MISSING', 'SERVICES_MISSING', 'ACCESS_MISSING', 'TLS_REQUIRED']),
  );
  const { PW: _, ...withoutSecret } = PRODUCTION;
  const unresolved = await tryBeacon({ variables: withoutSecret, files: { 'catalog.yaml': guarded() } });
  expect(unresolved).toMatchObject({
    ok: false,
    reasons: [{ code: 'SECRET_UNRESOLVABLE', message: 'Variable PW does not exist.' }],
  });
  await using beacon = await startProduction();
  const unknown = await beacon.ask('/config/backen', { token: TOKENS.everything });
  expect([unknown.status, unknown.json.nearest]).toEqual([404, ['backend']]);
});

test('I9: one answer comes from one revision, and revisions never go backwards', async () => {
  await using beacon = await startProduction();
  const seen: number[] = [];
  const torn: string[] = [];
  const hammer = async (last: number) => {
    for (let revision = 0; revision < last; ) {
      const { json, headers } = await beacon.ask('/config/backend', { token: TOKENS.backend });
      const { cache, session } = json.connections;
      if (cache.pool.max !== session.pool.max || !headers.etag?.endsWith(`.${json.revision}"`))
        torn.push(JSON.stringify(json));
      revision = json.revision;
      seen.push(revision);
    }
  };
  const hammering = hammer(6);
  for (let n = 1; n <= 5; n += 1) {
    await beacon.write('catalog.yaml', { ...guarded(), defaults: { pool: { max: 20 + n } } });
    await beacon.revision(n + 1);
  }
  await hammering;
  expect(torn).toEqual([]);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});
