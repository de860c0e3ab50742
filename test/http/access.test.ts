import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { type Answer, type Beacon, CALLERS, startBeacon, TOKENS, tryBeacon } from '../support/service.ts';

const SECRETS = { backend: 'secret-of-backend-x7Kd', auth: 'secret-of-auth-Qm42' } as const;
const SERVICES = ['backend', 'auth'] as const;

let redis: RedisServer;
let strict: Beacon;

beforeAll(async () => {
  redis = await startRedis({
    users: SERVICES.map((name) => `${name} on >${SECRETS[name]} ~* &* +@all`),
  });
  strict = await startBeacon({
    variables: { ENVIRONMENT: 'production', BACKEND_PASSWORD: SECRETS.backend, AUTH_PASSWORD: SECRETS.auth },
    files: { 'catalog.yaml': catalog() },
  });
});

afterAll(async () => {
  await strict[Symbol.asyncDispose]();
  await redis.stop();
});

/** Each service with an account of its own. */
function catalog(changes: object = { access: { callers: CALLERS } }): object {
  const deployment = (name: 'backend' | 'auth', variable: string) => ({
    addresses: { host: `127.0.0.1:${redis.port}` },
    auth: { username: name, password: { env: variable } },
    waive: { tls: 'a loopback server of a test' },
  });
  return {
    version: 1,
    deployments: { one: deployment('backend', 'BACKEND_PASSWORD'), two: deployment('auth', 'AUTH_PASSWORD') },
    services: {
      backend: { connections: { default: { deployment: 'one' } } },
      auth: { connections: { default: { deployment: 'two', db: 1 } } },
    },
    ...changes,
  };
}

const WHO = [undefined, 'nobody-has-this-token', ...Object.values(TOKENS)] as const;

function nameOf(token: string | undefined): string {
  return Object.entries(TOKENS).find(([, value]) => value === token)?.[0] ?? token ?? 'anonymous';
}

const ROUTES = [
  ...['backend', 'auth', 'nobody', 'backen'].flatMap((name) => [
    `/config/${name}`,
    `/config/${name}?connection=default`,
    `/config/${name}?network=host`,
    `/config/${name}?network=nowhere`,
    `/debug/redis-config?service=${name}`,
    `/health/redis/${name}`,
  ]),
  '/config',
  '/debug/redis-config',
  '/debug/redis-config?history=1',
  '/health/redis',
  '/health/redis/one',
  '/health/redis/two',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/openapi.json',
  '/schema/catalog.json',
  '/docs',
  '/',
];

test('I1: of all callers on all routes exactly those who may read a service see its secret', async () => {
  const seen: string[] = [];
  for (const token of WHO) {
    for (const route of ROUTES) {
      const { bytes } = await strict.ask(route, token === undefined ? {} : { token });
      for (const service of SERVICES)
        if (bytes.includes(SECRETS[service])) seen.push(`${nameOf(token)} ${route} ${service}`);
    }
  }
  const allowed = (who: string, service: string) =>
    ['', '?connection=default', '?network=host'].map((query) => `${who} /config/${service}${query} ${service}`);
  expect(seen.sort()).toEqual(
    [
      ...allowed('backend', 'backend'),
      ...allowed('auth', 'auth'),
      ...allowed('everything', 'backend'),
      ...allowed('everything', 'auth'),
    ].sort(),
  );
});

describe('in strict environments', () => {
  const statusOf = async (path: string, token?: string) =>
    (await strict.ask(path, token === undefined ? {} : { token })).status;

  test('who brings no token or a wrong one is 401 with a challenge', async () => {
    for (const token of [undefined, 'nobody-has-this-token', CALLERS.backend.tokenSha256]) {
      for (const path of ['/config/backend', '/config', '/debug/redis-config']) {
        const answer = await strict.ask(path, token === undefined ? {} : { token });
        expect([path, answer.status, answer.json.code]).toEqual([path, 401, 'UNAUTHENTICATED']);
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="redis-beacon"');
      }
    }
  });

  test.each([
    ['Basic', `Basic ${Buffer.from(`x:${TOKENS.backend}`).toString('base64')}`],
    ['no scheme', TOKENS.backend],
    ['an empty token', 'Bearer '],
    ['an empty header', ''],
    ['two tokens', `Bearer ${TOKENS.backend} ${TOKENS.auth}`],
    ['a list', `Bearer ${TOKENS.backend}, Bearer ${TOKENS.auth}`],
    ['quotes', `Bearer "${TOKENS.backend}"`],
    ['a longer token', `Bearer ${TOKENS.backend}0`],
    ['a shorter token', `Bearer ${TOKENS.backend.slice(0, -1)}`],
    ['another case', `Bearer ${TOKENS.backend.toUpperCase()}`],
    ['8 KiB of it', `Bearer ${'x'.repeat(7000)}`],
  ])('%s is no token: 401', async (_what, header) => {
    const { status } = await strict.ask('/config/backend', { headers: { Authorization: header } });
    expect(status).toBe(401);
  });

  test('the scheme is read without regard to case (RFC 9110 11.1)', async () => {
    const { status } = await strict.ask('/config/backend', { headers: { Authorization: `bearer ${TOKENS.backend}` } });
    expect(status).toBe(200);
  });

  test('a token in the query or a cookie is none', async () => {
    expect(await statusOf(`/config/backend?access_token=${TOKENS.backend}`)).toBe(401);
    const { status } = await strict.ask('/config/backend', { headers: { Cookie: `token=${TOKENS.backend}` } });
    expect(status).toBe(401);
  });

  test('I1: refusals do not tell an existing service from an unknown one', async () => {
    const shapeOf = ({ status, headers, json }: Answer) => {
      const { 'x-request-id': _id, date: _date, ...rest } = headers;
      return { status, headers: rest, body: { ...json, requestId: '' } };
    };
    for (const token of [undefined, 'nobody-has-this-token', TOKENS.backend, TOKENS.ops]) {
      for (const query of ['', '?connection=default', '?network=nowhere', '?wrong=1']) {
        const ask = async (name: string) =>
          shapeOf(await strict.ask(`/config/${name}${query}`, token === undefined ? {} : { token }));
        const [existing, unknown] = [await ask('auth'), await ask('nobo')];
        expect(existing.status).toBeGreaterThanOrEqual(401);
        expect(existing.status).toBeLessThanOrEqual(403);
        expect(unknown).toEqual(existing);
      }
    }
  });

  test('404 is only for who may read that name, and names only what the caller may read', async () => {
    expect(await statusOf('/config/nobody', TOKENS.backend)).toBe(403);
    const unknown = await strict.ask('/config/backen', { token: TOKENS.everything });
    expect([unknown.status, unknown.json.nearest]).toEqual([404, ['backend']]);
  });

  test('a validator does not get around it', async () => {
    const { headers } = await strict.ask('/config/backend', { token: TOKENS.backend });
    for (const etag of [headers.etag ?? '', '*']) {
      const answer = await strict.ask('/config/backend', { token: TOKENS.auth, headers: { 'If-None-Match': etag } });
      expect(answer.status).toBe(403);
    }
  });

  test('the list shows each caller what it may read', async () => {
    const namesFor = async (token: string) =>
      (await strict.ask('/config', { token })).json.services.map(({ name }: { name: string }) => name);
    expect(await namesFor(TOKENS.backend)).toEqual(['backend']);
    expect(await namesFor(TOKENS.everything)).toEqual(['backend', 'auth']);
    expect(await namesFor(TOKENS.ops)).toEqual([]);
  });

  test('the explanation is for operators', async () => {
    const statuses = await Promise.all(WHO.map((token) => statusOf('/debug/redis-config', token)));
    expect(WHO.map(nameOf).map((name, at) => [name, statuses[at]])).toEqual([
      ['anonymous', 401],
      ['nobody-has-this-token', 401],
      ['backend', 403],
      ['auth', 403],
      ['everything', 403],
      ['ops', 200],
    ]);
  });

  test('health is status only for all but operators; a wrong token is refused', async () => {
    for (const path of ['/health/redis', '/health/redis/one']) {
      for (const token of [undefined, TOKENS.backend, TOKENS.everything]) {
        const { status, json } = await strict.ask(path, token === undefined ? {} : { token });
        expect([status, Object.keys(json).sort()]).toEqual([200, ['status', 'time']]);
      }
      expect(await statusOf(path, 'nobody-has-this-token')).toBe(401);
      const { json } = await strict.ask(path, { token: TOKENS.ops });
      expect(json.deployments.one).toMatchObject({ status: 'pass', fault: null });
    }
  });

  test('an unknown deployment names no other to strangers', async () => {
    const stranger = await strict.ask('/health/redis/on');
    expect([stranger.status, stranger.json.nearest]).toEqual([404, []]);
    const operator = await strict.ask('/health/redis/on', { token: TOKENS.ops });
    expect([operator.status, operator.json.nearest]).toEqual([404, ['one']]);
  });

  test('there is no readable documentation', async () => {
    expect(await statusOf('/docs', TOKENS.ops)).toBe(404);
  });
});

describe('the environment and the listener decide whether somebody without a token may read', () => {
  const variables = { BACKEND_PASSWORD: SECRETS.backend, AUTH_PASSWORD: SECRETS.auth };

  test.each([
    ['development on loopback', 'development', { HOST: '127.0.0.1' }, 200],
    ['test on loopback', 'test', { HOST: '127.0.0.1' }, 200],
    ['development on all interfaces of the host', 'development', { HOST: '0.0.0.0' }, 401],
    [
      'development on all interfaces of a container',
      'development',
      { HOST: '0.0.0.0', BEACON_NETWORK: 'container', CONTAINER: '1' },
      200,
    ],
  ])('%s', async (_what, environment, settings, status) => {
    const own = 'CONTAINER' in settings ? 'container' : 'host';
    const text = JSON.stringify(catalog()).replaceAll('"host":"127', `"${own}":"127`);
    const { CONTAINER: _, ...rest } = { CONTAINER: '', ...settings };
    await using beacon = await startBeacon({
      variables: { ...variables, ENVIRONMENT: environment, ...rest },
      files: { 'catalog.yaml': text.replaceAll('"tls":"', '"localhost":"a sidecar","tls":"') },
    });
    for (const path of ['/config/backend', '/config', '/debug/redis-config']) {
      const answer = await beacon.ask(path);
      expect([path, answer.status]).toEqual([path, status]);
    }
    expect((await beacon.ask('/config/backend', { token: TOKENS.backend })).status).toBe(200);
    expect((await beacon.ask('/health/redis')).json).toHaveProperty('deployments.one');
  });

  test('a wrong token is refused even where none is needed, and a right one counts', async () => {
    await using beacon = await startBeacon({ variables, files: { 'catalog.yaml': catalog() } });
    for (const path of ['/config/backend', '/config', '/debug/redis-config', '/health/redis'])
      expect([path, (await beacon.ask(path, { token: 'wrong' })).status]).toEqual([path, 401]);
    expect((await beacon.ask('/config/backend', { token: TOKENS.auth })).status).toBe(403);
  });

  test('production without callers does not start', async () => {
    const started = await tryBeacon({
      variables: { ...variables, ENVIRONMENT: 'production' },
      files: { 'catalog.yaml': catalog({}) },
    });
    expect(started).toMatchObject({ ok: false, reasons: [{ code: 'ACCESS_MISSING', path: 'access' }] });
  });

  test('production with a reason lets everybody read, and says so at every start', async () => {
    await using beacon = await startBeacon({
      variables: { ...variables, ENVIRONMENT: 'production' },
      files: { 'catalog.yaml': catalog({ access: { waive: 'a closed network' } }) },
    });
    expect((await beacon.ask('/config/backend')).status).toBe(200);
    expect((await beacon.ask('/config/backend', { token: 'wrong' })).status).toBe(401);
    expect(beacon.logs()).toContainEqual(expect.objectContaining({ code: 'ACCESS_WAIVED', level: 40 }));
  });

  test('a caller that a new catalog no longer names is refused at once', async () => {
    await using beacon = await startBeacon({
      variables: { ...variables, ENVIRONMENT: 'production' },
      files: { 'catalog.yaml': catalog() },
    });
    const { backend: _, ...others } = CALLERS;
    await beacon.write('catalog.yaml', catalog({ access: { callers: others } }));
    await beacon.revision(2);
    expect((await beacon.ask('/config/backend', { token: TOKENS.backend })).status).toBe(401);
    expect((await beacon.ask('/config/auth', { token: TOKENS.auth })).status).toBe(200);
  });
});
