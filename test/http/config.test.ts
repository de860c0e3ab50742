import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configurationSchema } from '../../src/http/schemas-config.ts';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { requestRaw } from '../support/raw-http.ts';
import { type Beacon, startBeacon } from '../support/service.ts';

const PASSWORD = 'p@ss:w/ord +%é';

let redis: RedisServer;
let beacon: Beacon;

beforeAll(async () => {
  redis = await startRedis({ password: PASSWORD });
  beacon = await startBeacon({ files: { 'catalog.yaml': catalog(redis.port) } });
  await beacon.revision(2); // the proof makes the second one
});

afterAll(async () => {
  await beacon[Symbol.asyncDispose]();
  await redis.stop();
});

function catalog(port: number): object {
  return {
    version: 1,
    deployments: {
      main: {
        addresses: { host: `127.0.0.1:${port}`, container: 'dev-redis:6379', 'office-lan': '10.0.0.7:6390' },
        auth: { password: PASSWORD },
      },
      edge: { addresses: { host: `127.0.0.1:${port}` }, auth: { password: PASSWORD } },
    },
    services: {
      backend: {
        connections: {
          cache: { deployment: 'main', db: 0, workload: 'cache' },
          queue: { deployment: 'main', db: 2, workload: 'queue', keyPrefix: 'q:' },
        },
      },
      billing: { connections: { default: { deployment: 'edge', db: 3 } } },
    },
  };
}

describe('the body', () => {
  test('holds everything that a client needs to connect, as documented', async () => {
    const { status, headers, json } = await beacon.ask('/config/backend');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      vary: 'Authorization',
    });
    const fingerprint = json.connections.cache.fingerprint;
    expect(json).toEqual({
      service: 'backend',
      environment: 'development',
      network: 'host',
      revision: 2,
      connections: {
        cache: {
          deployment: 'main',
          topology: 'standalone',
          fingerprint,
          url: `redis://default:p%40ss%3Aw%2Ford%20%2B%25%C3%A9@127.0.0.1:${redis.port}/0`,
          host: '127.0.0.1',
          port: redis.port,
          path: null,
          nodes: [{ host: '127.0.0.1', port: redis.port }],
          sentinel: null,
          natMap: null,
          db: 0,
          username: 'default',
          password: PASSWORD,
          tls: null,
          clientName: 'backend:cache',
          keyPrefix: '',
          workload: 'cache',
          pool: { min: 1, max: 10, idleTimeoutMs: 30_000, acquireTimeoutMs: 2000 },
          timeouts: { connectMs: 5000, commandMs: 2000, keepAliveMs: 30_000 },
          retry: { maxAttempts: 5, baseMs: 100, capMs: 2000 },
          healthCheckIntervalMs: 30_000,
        },
        queue: expect.objectContaining({ db: 2, keyPrefix: 'q:', clientName: 'backend:queue', fingerprint }),
      },
      preflight: { status: 'proven', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
    });
  });

  test('has the shape of the published schema and its own length', async () => {
    const { headers, body, json } = await beacon.ask('/config/backend');
    expect(configurationSchema.strict().parse(json)).toEqual(json);
    expect(headers['content-length']).toBe(String(Buffer.byteLength(body)));
  });

  test('holds one connection only when one is asked for, and the same bytes of it', async () => {
    const whole = await beacon.ask('/config/backend');
    const part = await beacon.ask('/config/backend?connection=queue');
    expect(part.json).toEqual({ ...whole.json, connections: { queue: whole.json.connections.queue } });
    expect(part.headers['content-length']).toBe(String(Buffer.byteLength(part.body)));
  });

  test.each([
    ['container', 'redis://default:p%40ss%3Aw%2Ford%20%2B%25%C3%A9@dev-redis:6379/0'],
    ['office-lan', 'redis://default:p%40ss%3Aw%2Ford%20%2B%25%C3%A9@10.0.0.7:6390/0'],
  ])('gives the address of the network %s', async (network, url) => {
    const { json } = await beacon.ask(`/config/backend?network=${network}&connection=cache`);
    expect(json.network).toBe(network);
    expect(json.connections.cache.url).toBe(url);
    expect(Object.keys(json.connections)).toEqual(['cache']);
  });
});

describe('the validator', () => {
  const etagOf = async (path: string) => (await beacon.ask(path)).headers.etag ?? '';

  test('is strong, and the same for the same revision', async () => {
    const etag = await etagOf('/config/backend');
    expect(etag).toMatch(/^"[A-Za-z0-9._-]+"$/);
    expect(await etagOf('/config/backend')).toBe(etag);
  });

  test.each([
    ['the very one', (etag: string) => etag],
    ['a list that names it', (etag: string) => `"other", ${etag} ,"more"`],
    ['its weak form', (etag: string) => `W/${etag}`],
    ['anything', () => '*'],
  ])('answers 304 without a body to %s', async (_what, toHeader) => {
    const etag = await etagOf('/config/backend');
    const answer = await beacon.ask('/config/backend', { headers: { 'If-None-Match': toHeader(etag) } });
    expect([answer.status, answer.body, answer.headers.etag]).toEqual([304, '', etag]);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Authorization' });
  });

  test('answers 304 when the header stands twice and one of them names it', async () => {
    const etag = await etagOf('/config/backend');
    const { status } = await requestRaw(beacon.port, 'GET /config/backend', [
      'If-None-Match: "other"',
      `If-None-Match: ${etag}`,
    ]);
    expect(status).toBe(304);
  });

  test.each([
    ['another one', '"other"'],
    ['part of it', '"x'],
    ['an empty one', '""'],
    ['no quotes', 'other'],
  ])('answers 200 with the body to %s', async (_what, header) => {
    const { status, json } = await beacon.ask('/config/backend', { headers: { 'If-None-Match': header } });
    expect([status, json.service]).toEqual([200, 'backend']);
  });

  test('never turns an error into 304', async () => {
    const { status } = await beacon.ask('/config/nobody', { headers: { 'If-None-Match': '*' } });
    expect(status).toBe(404);
  });
});

describe('what cannot be answered', () => {
  test('I8: an unknown service is a 404 with the nearest names', async () => {
    const { status, headers, json } = await beacon.ask('/config/bakend');
    expect(status).toBe(404);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toMatchObject({ code: 'SERVICE_UNKNOWN', status: 404, nearest: ['backend'] });
  });

  test('an unknown connection is a 404 with those that there are', async () => {
    const { status, json } = await beacon.ask('/config/backend?connection=cahce');
    expect(status).toBe(404);
    expect(json).toMatchObject({
      code: 'CONNECTION_UNKNOWN',
      detail: 'Connections: cache, queue.',
      nearest: ['cache'],
    });
  });

  test('an unknown network is a 400 with the nearest names', async () => {
    const { status, json } = await beacon.ask('/config/backend?network=hots');
    expect(status).toBe(400);
    expect(json).toMatchObject({
      code: 'NETWORK_UNKNOWN',
      detail: 'Networks: container, host, office-lan.',
      nearest: ['host'],
    });
  });

  test('I8: a network without an address is an error that names the deployment, not a fallback', async () => {
    const { status, json } = await beacon.ask('/config/billing?network=office-lan');
    expect(status).toBe(400);
    expect(json).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      detail: 'No address in the network office-lan: edge.',
    });
  });

  test.each([
    'unknown=1',
    'Connection=cache',
    'connection=cache&connection=queue',
    'network=host&network=host',
    'connection[]=cache',
    '__proto__=1',
    'constructor=1',
    'connection=cache&x',
  ])('the query %s is a 400', async (query) => {
    const { status, json } = await beacon.ask(`/config/backend?${query}`);
    expect([status, json.code]).toEqual([400, 'QUERY_INVALID']);
  });

  test.each(['connection=__proto__', 'connection=constructor', 'connection=', 'connection=%zz', 'connection=a%00b'])(
    'the query %s finds no connection',
    async (query) => {
      const { status, json } = await beacon.ask(`/config/backend?${query}`);
      expect([status, json.code]).toEqual([404, 'CONNECTION_UNKNOWN']);
    },
  );

  test.each(['network=__proto__', 'network=', 'network=toString', 'network=any'])(
    'the query %s finds no network',
    async (query) => {
      const { status, json } = await beacon.ask(`/config/backend?${query}`);
      expect([status, json.code]).toEqual([400, 'NETWORK_UNKNOWN']);
    },
  );

  test.each([
    ['prototype', '__proto__'],
    ['encoded prototype', '%5f%5fproto%5f%5f'],
    ['dots', '..'],
    ['encoded dots', '%2e%2e'],
    ['dots and an encoded slash', '..%2f..%2fetc%2fpasswd'],
    ['an encoded slash', 'backend%2fcache'],
    ['an encoded backslash', 'backend%5ccache'],
    ['an encoded NUL', 'backend%00'],
    ['an encoded line break', 'backend%0d%0aX-Evil:%201'],
    ['a doubly encoded slash', '%252fbackend'],
    ['an invalid percent encoding', '%zz'],
    ['a lone percent sign', 'backend%'],
    ['invalid UTF-8', '%ff%fe'],
    ['an overlong UTF-8 slash', '%c0%af'],
    ['upper case', 'Backend'],
    ['an underscore', 'back_end'],
    ['a semicolon', 'backend;x=1'],
    ['64 characters', 'a'.repeat(64)],
    ['200 characters', 'a'.repeat(200)],
    ['201 characters', 'a'.repeat(201)],
    ['4000 characters', 'a'.repeat(4000)],
    ['nothing', ''],
  ])('a name with %s is a 400 on the raw socket', async (_what, name) => {
    const { status, headers, body } = await requestRaw(beacon.port, `GET /config/${name}`);
    expect([status, headers['content-type']]).toEqual([400, 'application/problem+json']);
    expect(JSON.parse(body).code).toBe('NAME_INVALID');
  });

  test('a name that every object has is looked up among the services and found to be none', async () => {
    for (const name of ['constructor', 'tostring', 'valueof', 'hasownproperty']) {
      const { status, json } = await beacon.ask(`/config/${name}`);
      expect([name, status, json.code]).toEqual([name, 404, 'SERVICE_UNKNOWN']);
    }
  });

  test.each([
    '/config/backend/',
    '/config/backend/cache',
    '//config/backend',
    '/CONFIG/backend',
    '/config/../config/backend',
  ])('%s is no route', async (path) => {
    const { status, body } = await requestRaw(beacon.port, `GET ${path}`);
    expect([status, JSON.parse(body).code]).toEqual([404, 'ROUTE_UNKNOWN']);
  });

  test.each(['HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])('%s does not exist', async (method) => {
    const { status, headers, body } = await requestRaw(beacon.port, `${method} /config/backend`);
    expect([status, headers['content-type']]).toEqual([404, 'application/problem+json']);
    expect(headers).not.toHaveProperty('etag');
    expect(body).not.toContain(String(redis.port));
  });
});

test('the list names services and connections, and nothing secret', async () => {
  const { status, json, body } = await beacon.ask('/config');
  expect(status).toBe(200);
  expect(json).toEqual({
    environment: 'development',
    revision: 2,
    anyName: false,
    networks: ['container', 'host', 'office-lan'],
    services: [
      {
        name: 'backend',
        connections: [
          { name: 'cache', deployment: 'main', db: 0, workload: 'cache' },
          { name: 'queue', deployment: 'main', db: 2, workload: 'queue' },
        ],
      },
      { name: 'billing', connections: [{ name: 'default', deployment: 'edge', db: 3, workload: null }] },
    ],
  });
  expect(body).not.toContain('ord');
});
