import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { type Beacon, CALLERS, startBeacon, strictCatalog, TOKENS } from '../support/service.ts';
import { until } from '../support/until.ts';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.stop());

function catalog(changes: object = {}): Record<string, unknown> {
  return {
    version: 1,
    deployments: { main: { addresses: { host: `127.0.0.1:${redis.port}` } } },
    services: {
      backend: {},
      auth: { connections: { default: { db: 1 } } },
      billing: { connections: { default: { db: 2 } } },
    },
    ...changes,
  };
}

const explain = async (beacon: Beacon, token?: string) =>
  (await beacon.ask('/debug/redis-config?history=1', token === undefined ? {} : { token })).json;

describe('I7: a bad candidate changes nothing, and the service says so', () => {
  test.each([
    ['no YAML', 'version: 1\nservices: [', 'CATALOG_SYNTAX'],
    ['an empty file', '', 'CATALOG_EMPTY'],
    ['white space', '\n\n  \n', 'CATALOG_EMPTY'],
    ['a scalar', 'hello', 'CATALOG_EMPTY'],
    ['two documents', 'version: 1\n---\nversion: 1\n', 'CATALOG_SYNTAX'],
    ['another version', 'version: 2\n', 'CATALOG_VALUE_INVALID'],
    ['an unknown key', 'version: 1\nservcies: {}\n', 'CATALOG_KEY_UNKNOWN'],
    ['an alias', 'version: 1\nservices: { a: &x {}, b: *x }\n', 'CATALOG_ALIAS'],
    ['nested brackets', `version: 1\nservices: ${'['.repeat(5000)}`, 'CATALOG_SYNTAX'],
    ['more than 8 MiB', `version: 1\n# ${'x'.repeat(9 * 1024 * 1024)}`, 'CATALOG_UNREADABLE'],
    ['a NUL', 'version: 1\n\0', 'CATALOG_SYNTAX'],
    ['a prototype', 'version: 1\n__proto__: { polluted: true }\n', 'CATALOG_KEY_UNKNOWN'],
    ['binary', Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x80]).toString('latin1'), 'CATALOG_'],
    [
      'an unknown deployment',
      {
        deployments: { main: {}, other: {} },
        services: { backend: {}, auth: {}, billing: { connections: { a: { deployment: 'nope' } } } },
      },
      'DEPLOYMENT_UNKNOWN',
    ],
    [
      'a secret that is nowhere',
      { deployments: { main: { auth: { password: { env: 'NOWHERE' } } } } },
      'SECRET_UNRESOLVABLE',
    ],
  ])('%s', async (_what, content, code) => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog() } });
    await beacon.revision(2);
    const before = await beacon.ask('/config/backend');
    await beacon.write('catalog.yaml', typeof content === 'string' ? content : catalog(content));
    const { catalog: state } = await until(async () => {
      const explained = await explain(beacon);
      return explained.catalog.refused !== null && explained;
    });
    expect(state).toMatchObject({ revision: 2, refused: { reasons: [{ severity: 'error' }] } });
    expect(state.refused.reasons[0].code).toContain(code);

    const after = await beacon.ask('/config/backend');
    expect([after.status, after.body, after.headers.etag]).toEqual([200, before.body, before.headers.etag]);
    const health = await beacon.ask('/health/redis');
    expect([health.status, health.json.status, health.json.catalog.status]).toEqual([200, 'warn', 'warn']);
    expect(health.json.catalog.findings[0].code).toBe(state.refused.reasons[0].code);
    expect((await beacon.ask('/health/ready')).status).toBe(200);
    expect((await beacon.ask('/metrics')).body).toMatch(/^redis_beacon_catalog_refused 1$/m);
    const refusals = beacon.logs().filter(({ msg }) => msg === 'configuration refused: the last good revision stays');
    expect(refusals).toMatchObject([{ level: 50, keptRevision: 2 }]);
    expect(Object.prototype).not.toHaveProperty('polluted');

    await beacon.write('catalog.yaml', catalog());
    await until(async () => (await explain(beacon)).catalog.refused === null);
    const mended = await beacon.ask('/config/backend');
    expect([mended.body, mended.headers.etag]).toEqual([before.body, before.headers.etag]);
    expect((await beacon.ask('/health/redis')).json).toMatchObject({ status: 'pass', catalog: null });
  });

  test('a catalog that goes away is refused, and welcome back', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog() } });
    await rm(join(beacon.directory, 'catalog.yaml'));
    const refused = await until(async () => (await explain(beacon)).catalog.refused);
    expect(refused.reasons).toMatchObject([{ code: 'CATALOG_REMOVAL', message: 'The catalog is gone.' }]);
    expect((await beacon.ask('/config/backend')).status).toBe(200);
    await beacon.write('catalog.yaml', catalog());
    await until(async () => (await explain(beacon)).catalog.refused === null);
  });

  test('one bad candidate after the other: the last one is what is told', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog() } });
    await beacon.revision(2);
    await beacon.write('catalog.yaml', 'version: 2\n');
    await until(async () => (await explain(beacon)).catalog.refused?.reasons[0].code === 'CATALOG_VALUE_INVALID');
    await beacon.write('catalog.yaml', '');
    await until(async () => (await explain(beacon)).catalog.refused?.reasons[0].code === 'CATALOG_EMPTY');
    await beacon.write('catalog.yaml', catalog({ defaults: { pool: { max: 3 } } }));
    await beacon.revision(3);
    expect((await explain(beacon)).catalog).toMatchObject({ revision: 3, refused: null });
  });

  test('the proof of what was active before does not hide that the file is refused', async () => {
    await using late = await startRedis();
    const { port } = late;
    late.kill('SIGKILL');
    await late.ended();
    const deployments = { main: { addresses: { host: `127.0.0.1:${port}` } } };
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog({ deployments }) } });
    await beacon.write('catalog.yaml', 'version: 2\n');
    await until(async () => (await explain(beacon)).catalog.refused !== null);
    await late.restart();
    await until(async () => (await explain(beacon)).preflight.main.status === 'proven');
    expect((await explain(beacon)).catalog.refused.reasons).toMatchObject([{ code: 'CATALOG_VALUE_INVALID' }]);
    await until(async () => (await beacon.ask('/health/redis')).json.status === 'warn');
  });

  test('in development a refused first catalog leaves a service that says why, and takes the mended one', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': 'version: 2\n' } });
    const { status, headers, json } = await beacon.ask('/config/backend');
    expect([status, headers['retry-after'], json.code]).toEqual([503, '5', 'NO_REVISION']);
    expect(json.reasons).toMatchObject([{ code: 'CATALOG_VALUE_INVALID', path: 'version' }]);
    expect((await beacon.ask('/health/ready')).status).toBe(503);
    expect((await beacon.ask('/health/live')).status).toBe(200);
    expect((await beacon.ask('/health/redis')).status).toBe(503);
    expect((await explain(beacon)).catalog).toMatchObject({
      revision: null,
      refused: { reasons: [{ path: 'version' }] },
    });
    await beacon.write('catalog.yaml', catalog());
    await beacon.revision(1);
    expect((await beacon.ask('/config/backend')).status).toBe(200);
  });
});

describe('I9: one answer, one revision', () => {
  test('fifty reloads under load: every answer is consistent in itself, and revisions only grow', async () => {
    const numbered = (n: number) =>
      catalog({
        defaults: { pool: { max: n + 10 }, timeouts: { connectMs: n + 1000 } },
        services: { backend: { connections: { a: { db: n % 16 }, b: { db: n % 16, keyPrefix: `n${n}:` } } } },
      });
    await using beacon = await startBeacon({
      files: { 'catalog.yaml': numbered(0) },
      variables: { BEACON_SETTLE_MS: '10' },
    });
    let done = false;
    const torn: string[] = [];
    const etags = new Map<string, string>();
    const hammer = async (): Promise<number[]> => {
      const revisions: number[] = [];
      while (!done) {
        const { json, headers, body } = await beacon.ask('/config/backend');
        const { a, b } = json.connections;
        const n = a.pool.max - 10;
        const expected = [n, n % 16, n % 16, `n${n}:`, n + 1000];
        const got = [b.pool.max - 10, a.db, b.db, b.keyPrefix, b.timeouts.connectMs];
        if (JSON.stringify(got) !== JSON.stringify(expected)) torn.push(body);
        const same = etags.get(headers.etag ?? '') ?? body;
        if (same !== body) torn.push(`${headers.etag} ${body}`);
        etags.set(headers.etag ?? '', body);
        revisions.push(json.revision);
      }
      return revisions;
    };
    const explaining = async (): Promise<number[]> => {
      const revisions: number[] = [];
      while (!done) {
        const { catalog: state, services, history } = await explain(beacon);
        const { a, b } = services.backend.connections;
        if (a.pool.max.value !== b.pool.max.value || a.db.value !== b.db.value) torn.push(JSON.stringify(services));
        if (history[0].revision !== state.revision) torn.push(`history ${history[0].revision} of ${state.revision}`);
        revisions.push(state.revision);
      }
      return revisions;
    };
    const hammers = [hammer(), hammer(), hammer(), explaining()];
    for (let n = 1; n <= 50; n += 1) {
      await beacon.write('catalog.yaml', numbered(n));
      await until(async () => (await beacon.ask('/config/backend')).json.connections.a.pool.max === n + 10);
    }
    done = true;
    const sequences = await Promise.all(hammers);
    expect(torn).toEqual([]);
    for (const sequence of sequences) expect(sequence).toEqual(sequence.toSorted((a, b) => a - b));
    expect(Math.max(...sequences.flat())).toBeGreaterThanOrEqual(51);
  });

  test('the revision that health names has the deployments that health shows', async () => {
    const withDeployment = (n: number) => {
      const addresses = { host: `127.0.0.1:${redis.port}` };
      const services = Object.fromEntries(
        Array.from({ length: 1500 }, (_, at) => [
          `s-${at}`,
          { connections: { default: { keyPrefix: `${n}-${at}:` } } },
        ]),
      );
      return catalog({ deployments: { [`main-${n}`]: { addresses } }, services, allowRemoval: true });
    };
    await using beacon = await startBeacon({ files: { 'catalog.yaml': withDeployment(0) } });
    await beacon.revision(2);
    const seen = new Map<number, Set<string>>();
    for (let n = 1; n <= 4; n += 1) {
      await beacon.write('catalog.yaml', withDeployment(n));
      await until(async () => {
        const { revision, deployments } = (await beacon.ask('/health/redis')).json;
        seen.set(revision, (seen.get(revision) ?? new Set()).add(Object.keys(deployments).join()));
        return revision >= 2 + n;
      });
    }
    expect([...seen].map(([revision, names]) => [revision, [...names]])).toEqual([
      [2, ['main-0']],
      [3, ['main-1']],
      [4, ['main-2']],
      [5, ['main-3']],
      [6, ['main-4']],
    ]);
  });
});

test('an unchanged deployment keeps its connections and statistics over a reload', async () => {
  await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog() } });
  await beacon.revision(2);
  const poolOf = async () => (await beacon.ask('/health/redis')).json.deployments.main;
  const before = await until(async () => {
    const main = await poolOf();
    return main.server.version !== null && main;
  });
  const clients = async () =>
    (await redis.cli('CLIENT', 'LIST')).match(/id=\d+(?=.* name=redis-beacon:main )/g)?.sort();
  const idsBefore = await clients();
  expect(idsBefore).not.toHaveLength(0);
  await beacon.write('catalog.yaml', catalog({ services: { backend: {}, auth: {}, more: {} } }));
  await beacon.revision(3);
  const after = await poolOf();
  expect(after.pool).toMatchObject({ created: before.pool.created, destroyed: 0, reconnects: 0 });
  expect(after.window.probes).toBeGreaterThanOrEqual(before.window.probes);
  expect(await clients()).toEqual(expect.arrayContaining(idsBefore ?? []));
});

test('a deployment with another password gets new connections', async () => {
  await using own = await startRedis({ users: ['app on >one >two ~* &* +@all'] });
  const withPassword = (password: string) =>
    catalog({
      deployments: { main: { addresses: { host: `127.0.0.1:${own.port}` }, auth: { username: 'app', password } } },
    });
  await using beacon = await startBeacon({ files: { 'catalog.yaml': withPassword('one') } });
  await beacon.revision(2);
  await beacon.write('catalog.yaml', withPassword('two'));
  await beacon.revision(3);
  await own.cli('ACL', 'SETUSER', 'app', '<one');
  await own.cli('CLIENT', 'KILL', 'USER', 'app');
  const health = async () => (await beacon.ask('/health/redis')).json;
  expect(await until(async () => (await health()).status === 'pass')).toBe(true);
});

describe('strict: a candidate is proven before it is active', () => {
  const strict = { ENVIRONMENT: 'production' };

  test('I2: a reload with a wrong password is refused, and taken once the server knows it', async () => {
    await using own = await startRedis({ users: ['app on >good ~* &* +@all'] });
    const withPassword = (env: string) => strictCatalog(own.port, { auth: { username: 'app', password: { env } } });
    await using beacon = await startBeacon({
      variables: { ...strict, GOOD: 'good', NEW: 'brand-new' },
      files: { 'catalog.yaml': withPassword('GOOD') },
    });
    const before = await beacon.ask('/config/backend', { token: TOKENS.backend });
    await beacon.write('catalog.yaml', withPassword('NEW'));
    const refused = await until(async () => (await explain(beacon, TOKENS.ops)).catalog.refused);
    expect(refused.reasons).toMatchObject([{ code: 'AUTH_WRONG', path: 'deployments.main' }]);
    const during = await beacon.ask('/config/backend', { token: TOKENS.backend });
    expect([during.status, during.body, during.headers.etag]).toEqual([200, before.body, before.headers.etag]);
    expect((await beacon.ask('/health/redis')).json.status).toBe('warn');
    await own.cli('ACL', 'SETUSER', 'app', '>brand-new');
    await beacon.revision(2);
    const after = await beacon.ask('/config/backend', { token: TOKENS.backend });
    expect(after.json.connections.cache.password).toBe('brand-new');
    expect(after.json.preflight.status).toBe('proven');
    expect((await explain(beacon, TOKENS.ops)).catalog.refused).toBeNull();
  });

  test('I2: a reload towards a server that is away waits, while the old revision serves; then it is taken', async () => {
    await using own = await startRedis();
    await using other = await startRedis();
    other.kill('SIGKILL');
    await other.ended();
    await using beacon = await startBeacon({ variables: strict, files: { 'catalog.yaml': strictCatalog(own.port) } });
    await beacon.write('catalog.yaml', strictCatalog(other.port));
    const { waiting } = await until(async () => {
      const { catalog: state } = await explain(beacon, TOKENS.ops);
      return state.waiting !== null && state;
    });
    expect(waiting.faults).toMatchObject([{ deployment: 'main', class: 'environment' }]);
    expect((await beacon.ask('/config/backend', { token: TOKENS.backend })).json.connections.cache.port).toBe(own.port);
    expect((await beacon.ask('/health/ready')).status).toBe(200);
    expect((await beacon.ask('/health/redis')).json.status).toBe('warn');
    await other.restart();
    await beacon.revision(2);
    const { json } = await beacon.ask('/config/backend', { token: TOKENS.backend });
    expect([json.connections.cache.port, json.preflight.status]).toEqual([other.port, 'proven']);
    expect((await explain(beacon, TOKENS.ops)).catalog.waiting).toBeNull();
  });

  test('a reload that waits is forgotten when the file is reverted', async () => {
    await using own = await startRedis();
    await using other = await startRedis();
    other.kill('SIGKILL');
    await other.ended();
    await using beacon = await startBeacon({ variables: strict, files: { 'catalog.yaml': strictCatalog(own.port) } });
    await beacon.write('catalog.yaml', strictCatalog(other.port));
    await until(async () => (await explain(beacon, TOKENS.ops)).catalog.waiting !== null);
    await beacon.write('catalog.yaml', strictCatalog(own.port));
    await until(async () => (await explain(beacon, TOKENS.ops)).catalog.waiting === null);
    await other.restart();
    await other.cli('PING');
    await beacon.write('catalog.yaml', { ...strictCatalog(own.port), defaults: { pool: { max: 7 } } });
    await beacon.revision(2);
    const { json } = await beacon.ask('/config/backend', { token: TOKENS.backend });
    expect(json.connections.cache).toMatchObject({ port: own.port, pool: { max: 7 } });
    expect((await explain(beacon, TOKENS.ops)).history).toHaveLength(2);
  });

  test('what waits for its proof and gets it does not hide that a later file is refused', async () => {
    await using own = await startRedis();
    own.kill('SIGKILL');
    await own.ended();
    await using beacon = await startBeacon({ variables: strict, files: { 'catalog.yaml': strictCatalog(own.port) } });
    await beacon.write('catalog.yaml', 'version: 2\n');
    await until(async () => (await explain(beacon, TOKENS.ops)).catalog.refused !== null);
    await own.restart();
    await beacon.revision(1);
    expect((await explain(beacon, TOKENS.ops)).catalog.refused?.reasons).toMatchObject([{ path: 'version' }]);
    expect((await beacon.ask('/health/redis')).json.status).toBe('warn');
  });

  test('a server that comes up and does not know the password: callers are still known, and operators learn why', async () => {
    await using own = await startRedis({ password: 'of-the-server' });
    own.kill('SIGKILL');
    await own.ended();
    const files = { 'catalog.yaml': strictCatalog(own.port, { auth: { password: { env: 'PW' } } }) };
    await using beacon = await startBeacon({ variables: { ...strict, PW: 'another-one' }, files });
    expect((await beacon.ask('/config/backend', { token: TOKENS.backend })).json.code).toBe('NOT_PROVEN');
    await own.restart();
    const refused = await until(async () => (await explain(beacon, TOKENS.ops)).catalog?.refused);
    expect(refused.reasons).toMatchObject([{ path: 'deployments.main' }]);
    expect((await beacon.ask('/config/backend')).status).toBe(401);
    expect((await beacon.ask('/config/backend', { token: TOKENS.auth })).status).toBe(403);
    expect((await beacon.ask('/config/backend', { token: TOKENS.backend })).status).toBe(503);
    expect((await beacon.ask('/health/ready')).status).toBe(503);
    await own.restart({ password: 'another-one' });
    await beacon.revision(1);
    expect((await beacon.ask('/config/backend', { token: TOKENS.backend })).status).toBe(200);
  });
});

test('the callers of the settings count, and those of the catalog go before', async () => {
  const { tokenSha256 } = CALLERS.auth;
  const variables = {
    ENVIRONMENT: 'production',
    BEACON_CALLERS: JSON.stringify({ extra: { tokenSha256, services: ['backend'] } }),
  };
  const { auth: _, ...callers } = CALLERS;
  const files = { 'catalog.yaml': { ...strictCatalog(redis.port), access: { callers } } };
  await using beacon = await startBeacon({ variables, files });
  expect((await beacon.ask('/config/backend', { token: TOKENS.auth })).status).toBe(200);
  expect((await beacon.ask('/config/auth', { token: TOKENS.auth })).status).toBe(403);
});
