import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { type Beacon, startBeacon } from '../support/service.ts';

let redis: RedisServer;
let beacon: Beacon;

const CATALOG = (port: number) => `version: 1
defaults:
  pool: { max: 7 }
deployments:
  main:
    addresses: { host: "127.0.0.1:${port}" }
    auth: { username: app, password: literal-password }
services:
  backend:
    connections:
      cache: { db: 1, pool: { max: 9 } }
      queue: { db: 2 }
  auth: {}
environments:
  development:
    services:
      backend: { connections: { cache: { db: 3 } } }
`;

beforeAll(async () => {
  redis = await startRedis({ users: ['app on >from-the-process ~* &* +@all'] });
  beacon = await startBeacon({
    files: { 'catalog.yaml': CATALOG(redis.port), '.env': '# first line\nREDIS_PASSWORD=from-env\nSOMETHING_ELSE=1\n' },
    variables: { REDIS_PASSWORD: 'from-the-process', UNRELATED: 'value' },
  });
  await beacon.revision(2);
});

afterAll(async () => {
  await beacon[Symbol.asyncDispose]();
  await redis.stop();
});

const explain = async (query = '') => (await beacon.ask(`/debug/redis-config${query}`)).json;

describe('the explanation', () => {
  test('I4: each value knows its file, line and column, and what it shadows', async () => {
    const { cache, queue } = (await explain()).services.backend.connections;
    expect(cache.db).toEqual({
      value: 3,
      origin: { layer: 'catalog-environment', file: 'catalog.yaml', line: 17, column: 46 },
      shadowed: [
        { value: 1, origin: { layer: 'catalog-base', file: 'catalog.yaml', line: 11, column: 20 } },
        { value: 0, origin: { layer: 'environment-default' } },
      ],
    });
    expect(cache.pool.max).toEqual({
      value: 9,
      origin: { layer: 'catalog-base', file: 'catalog.yaml', line: 11, column: 36 },
      shadowed: [
        { value: 7, origin: { layer: 'catalog-defaults', file: 'catalog.yaml', line: 3, column: 16 } },
        { value: 10, origin: { layer: 'environment-default' } },
      ],
    });
    expect(queue.pool.max).toMatchObject({ value: 7, origin: { layer: 'catalog-defaults' } });
  });

  test('I4: each variable is named with its place, and a secret only as set', async () => {
    const secret = { secret: true, set: true };
    expect((await explain()).deployments.main.auth.password).toEqual({
      value: secret,
      origin: { layer: 'process', variable: 'REDIS_PASSWORD' },
      shadowed: [
        { value: secret, origin: { layer: 'env-file', variable: 'REDIS_PASSWORD', file: '.env', line: 2, column: 1 } },
        { value: secret, origin: { layer: 'catalog-base', file: 'catalog.yaml', line: 7, column: 38 } },
      ],
    });
  });

  test('I4: there is no leaf without an origin but what is derived from others', async () => {
    const derived: string[] = [];
    let leaves = 0;
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) throw new Error(`${path} is no leaf and holds none.`);
      if ('value' in value && 'shadowed' in value && 'origin' in value) {
        leaves += 1;
        if (value.origin === null) derived.push(path);
        return;
      }
      for (const [key, child] of Object.entries(value)) walk(child, `${path}.${key}`);
    };
    const { deployments, services } = await explain();
    walk(deployments, 'deployments');
    walk(services, 'services');
    expect(leaves).toBeGreaterThan(50);
    expect(derived.every((path) => /\.(fingerprint|clientName)$/.test(path))).toBe(true);
  });

  test('tells environment, network, catalog, preflight and what they were detected from', async () => {
    expect(await explain()).toMatchObject({
      environment: { name: 'development', detectedFrom: 'default' },
      network: { name: 'host', detectedFrom: 'BEACON_NETWORK' },
      catalog: { source: 'catalog.yaml', revision: 2, activatedAt: expect.any(String), refused: null, waiting: null },
      preflight: { main: { status: 'proven', fault: null } },
    });
  });

  test('holds findings with place and fix', async () => {
    const { findings } = await explain();
    expect(findings).toContainEqual({
      code: expect.any(String),
      severity: 'info',
      path: 'access',
      origin: null,
      message: expect.any(String),
      fix: expect.any(String),
    });
    for (const { code, message, fix } of findings)
      expect([code, message !== '', fix !== '']).toEqual([code, true, true]);
  });

  test('names the variables that could matter, by layer, and no values', async () => {
    const { variables } = await explain();
    expect(variables).toEqual([
      { layer: 'env-file', names: ['REDIS_PASSWORD'] },
      { layer: 'process', names: ['BEACON_NETWORK', 'BEACON_POLL_MS', 'BEACON_SETTLE_MS', 'REDIS_PASSWORD'] },
    ]);
  });

  test('names the references to secrets and who uses them', async () => {
    await using other = await startBeacon({
      files: {
        'catalog.yaml': {
          version: 1,
          deployments: {
            main: {
              addresses: { host: `127.0.0.1:${redis.port}` },
              auth: { username: 'app', password: { env: 'PW' } },
            },
          },
          services: { backend: {} },
        },
      },
      variables: { PW: 'from-the-process' },
    });
    const { json } = await other.ask('/debug/redis-config');
    expect(json.secrets).toEqual([
      { reference: 'env:PW', usedBy: ['deployments.main.auth.password'], readAt: expect.any(String), problem: null },
    ]);
  });

  test('of one service holds only it and its deployments', async () => {
    const { services, deployments } = await explain('?service=auth');
    expect([Object.keys(services), Object.keys(deployments)]).toEqual([['auth'], ['main']]);
  });

  test('of an unknown service is a 404 with the nearest names', async () => {
    const { status, json } = await beacon.ask('/debug/redis-config?service=bakend');
    expect([status, json.code, json.nearest]).toEqual([404, 'SERVICE_UNKNOWN', ['backend']]);
  });

  test('has a history only when asked for it', async () => {
    expect(await explain()).not.toHaveProperty('history');
    expect((await explain('?history=1')).history).toHaveLength(2);
  });

  test.each([
    ['?history=2', 400, 'QUERY_INVALID'],
    ['?history=1&history=1', 400, 'QUERY_INVALID'],
    ['?service=a&service=b', 400, 'QUERY_INVALID'],
    ['?unknown=1', 400, 'QUERY_INVALID'],
    ['?__proto__=1', 400, 'QUERY_INVALID'],
    ['?service=__proto__', 400, 'NAME_INVALID'],
    ['?service=..%2f', 400, 'NAME_INVALID'],
    ['?service=', 400, 'NAME_INVALID'],
    ['?service=constructor', 404, 'SERVICE_UNKNOWN'],
  ])('%s is %i %s', async (query, status, code) => {
    const answer = await beacon.ask(`/debug/redis-config${query}`);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });
});

describe('the text for a terminal', () => {
  const text = async (accept: string) => beacon.ask('/debug/redis-config?history=1', { headers: { Accept: accept } });

  test('shows values beside where they come from, and everything else that the JSON has', async () => {
    const { headers, body } = await text('text/plain');
    expect(headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', vary: 'Authorization, Accept' });
    expect(body).toMatch(/^environment {2}development \(default\)$/m);
    expect(body).toMatch(/^revision {5}2, active since /m);
    expect(body).toMatch(/^preflight {4}main: proven at /m);
    expect(body).toMatch(
      /connections\.cache\.db +3 +catalog\.yaml:17:46, shadows 1 from catalog\.yaml:11:20; 0 from built-in default$/m,
    );
    expect(body).toMatch(
      /auth\.password +\(secret, set\) +REDIS_PASSWORD, shadows \(secret, set\) from REDIS_PASSWORD in \.env:2:1; /m,
    );
    expect(body).toMatch(/^ {2}process: BEACON_NETWORK, .*REDIS_PASSWORD$/m);
    expect(body).toMatch(/^history$/m);
    expect(body).not.toMatch(/literal-password|from-env|from-the-process/);
  });

  test.each(['*/*', 'application/json', 'text/html', ''])('is not sent for Accept: %s', async (accept) => {
    expect((await text(accept)).headers['content-type']).toBe('application/json; charset=utf-8');
  });
});

test('without a catalog every name can be explained', async () => {
  await using plain = await startBeacon({
    variables: { REDIS_URL: `redis://app:from-the-process@127.0.0.1:${redis.port}` },
  });
  const { json } = await plain.ask('/debug/redis-config?service=whoever');
  expect(json.catalog.source).toBeNull();
  expect(json.services.whoever.connections.default.clientName.value).toBe('whoever:default');
  expect(Object.keys((await plain.ask('/debug/redis-config')).json.services)).toEqual(['*']);
});

test('what is refused at the start is explained together with the variables that were seen', async () => {
  await using refused = await startBeacon({ variables: { REDIS_URL: 'redis://:@@', REDIS_DB: '1' } });
  const { json } = await refused.ask('/debug/redis-config');
  expect(json.catalog.refused.reasons).toMatchObject([{ code: 'URL_INVALID', path: 'REDIS_URL' }]);
  expect(json.variables.flatMap(({ names }: { names: string[] }) => names)).toEqual(
    expect.arrayContaining(['REDIS_DB', 'REDIS_URL']),
  );
});

test('a catalog that cannot be read is still named', async () => {
  await using refused = await startBeacon({ files: { 'catalog.yaml': 'version: 2\n' } });
  expect((await refused.ask('/debug/redis-config')).json.catalog).toMatchObject({
    source: 'catalog.yaml',
    revision: null,
  });
  const { body } = await refused.ask('/debug/redis-config', { headers: { Accept: 'text/plain' } });
  expect(body).toMatch(/^catalog {6}catalog\.yaml$/m);
  expect(body).toMatch(/^revision {5}none is active$/m);
  expect(body).toMatch(/^REFUSED at .*; what is active stays\n {2}ERROR CATALOG_VALUE_INVALID {2}version/m);
});

test('the path of a catalog that is named is shown as it was named', async () => {
  const file = join(beacon.directory, 'catalog.yaml');
  await using named = await startBeacon({ variables: { BEACON_CATALOG: file, REDIS_PASSWORD: 'from-the-process' } });
  expect((await named.ask('/debug/redis-config')).json.catalog.source).toBe(file);
});
