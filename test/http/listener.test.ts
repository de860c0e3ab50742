import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/http/server.ts';
import { type RawAnswer, requestRaw, sendRaw } from '../support/raw-http.ts';
import { type Beacon, startBeacon } from '../support/service.ts';
import { until } from '../support/until.ts';

let beacon: Beacon;

beforeAll(async () => {
  // nothing listens there: the listener must be as hard while Redis is away
  beacon = await startBeacon({ variables: { REDIS_URL: 'redis://127.0.0.1:1/0' } });
});

afterAll(() => beacon[Symbol.asyncDispose]());

/** What every answer carries, whatever it answers. */
const COMMON = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': expect.stringContaining("default-src 'none'"),
  'referrer-policy': 'no-referrer',
  'x-request-id': expect.stringMatching(/^[A-Za-z0-9_-]{8}-[0-9a-z]+$/),
};

function expectProblem(answer: RawAnswer, status: number, code: string): void {
  expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
  const problem = JSON.parse(answer.body);
  expect(problem).toMatchObject({
    code,
    status,
    type: `urn:redis-beacon:problem:${code.toLowerCase().replaceAll('_', '-')}`,
  });
  expect(answer.headers).toMatchObject(COMMON);
  expect(answer.headers['x-request-id']).toBe(problem.requestId);
  expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)));
}

describe('what no route should see is refused', () => {
  const raw = (...lines: string[]) => sendRaw(beacon.port, `${lines.join('\r\n')}\r\n\r\n`);

  test('two Host headers', async () => {
    expectProblem(await raw('GET /config/a HTTP/1.1', 'Host: localhost', 'host: localhost'), 400, 'HEADER_DUPLICATE');
  });

  test('two Authorization headers, even when they are equal', async () => {
    const answer = await requestRaw(beacon.port, 'GET /config/a', [
      'Authorization: Bearer x',
      'AUTHORIZATION: Bearer x',
    ]);
    expectProblem(answer, 400, 'HEADER_DUPLICATE');
  });

  test('no Host header', async () => {
    expectProblem(await raw('GET /config/a HTTP/1.1', 'Connection: close'), 400, 'BAD_REQUEST');
  });

  test.each([
    ['a line without a colon', ['GET /config/a HTTP/1.1', 'Host: localhost', 'no colon here']],
    ['a blank before the colon', ['GET /config/a HTTP/1.1', 'Host : localhost']],
    ['a folded header', ['GET /config/a HTTP/1.1', 'Host: localhost', 'X-A: 1', ' 2']],
    ['an impossible version', ['GET /config/a HTTP/9.9', 'Host: localhost']],
    ['an unknown method', ['STEAL /config/a HTTP/1.1', 'Host: localhost']],
    ['both lengths', ['POST /config/a HTTP/1.1', 'Host: localhost', 'Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['two different lengths', ['POST /config/a HTTP/1.1', 'Host: localhost', 'Content-Length: 4', 'Content-Length: 5']],
    ['a negative length', ['POST /config/a HTTP/1.1', 'Host: localhost', 'Content-Length: -1']],
    ['a NUL in a header', ['GET /config/a HTTP/1.1', 'Host: localhost', 'X-A: a\0b']],
    ['a blank in the target', ['GET /config/a b HTTP/1.1', 'Host: localhost']],
    ['TLS on the plain port', ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03']],
    ['HTTP/2 without being asked', ['PRI * HTTP/2.0', '', 'SM']],
  ])('%s', async (_what, lines) => {
    expectProblem(await raw(...lines), 400, 'BAD_REQUEST');
  });

  test('a request of HTTP/0.9', async () => {
    expectProblem(await raw('GET /config/a'), 421, 'HOST_REFUSED');
  });

  test('an expectation that nobody can meet', async () => {
    expectProblem(await requestRaw(beacon.port, 'GET /health/live', ['Expect: miracles']), 417, 'EXPECTATION_FAILED');
  });

  test('headers of more than 8 KiB', async () => {
    const answer = await requestRaw(beacon.port, 'GET /health/live', [`X-Large: ${'x'.repeat(LIMITS.maxHeaderSize)}`]);
    expectProblem(answer, 431, 'HEADERS_TOO_LARGE');
  });

  test('a target of more than 8 KiB', async () => {
    expectProblem(await requestRaw(beacon.port, `GET /${'x'.repeat(9000)}`), 431, 'HEADERS_TOO_LARGE');
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('a %s with a body of any kind', async (method) => {
    const bodies = [
      ['application/json', '{"a":1}'],
      ['application/json', '{"__proto__":{"x":1}'],
      ['text/plain', 'x'.repeat(20_000)],
      ['application/xml', '<x/>'],
    ];
    for (const [type, body = ''] of bodies) {
      const head = [`${method} /config/a HTTP/1.1`, 'Host: localhost', `Content-Type: ${type}`];
      const answer = await raw(...head, `Content-Length: ${body.length}`, 'Connection: close', '', body);
      expect([400, 404]).toContain(answer.status);
      expectProblem(answer, answer.status, JSON.parse(answer.body).code);
    }
  });

  test('headers that arrive too slowly, within 8 seconds', { timeout: 15_000 }, async () => {
    expect(LIMITS.headersTimeout).toBeLessThan(LIMITS.requestTimeout); // else Node swaps the two
    const startedAt = performance.now();
    const answer = await sendRaw(beacon.port, 'GET /config/a HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    expectProblem(answer, 408, 'REQUEST_TIMEOUT');
    expect(performance.now() - startedAt).toBeLessThan(8000);
  });
});

describe('a foreign host name (DNS rebinding)', () => {
  test.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST', 'localhost:8080', '127.0.0.1:1'])(
    '%s is the host of a loopback listener in development',
    async (host) => {
      expect((await requestRaw(beacon.port, 'GET /config/a', [`Host: ${host}`])).status).toBe(200);
    },
  );

  test.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'localhost@evil.example',
    'evil.example#localhost',
    'localhost:8080:1',
    '127.0.0.1.nip.io',
    '0.0.0.0',
    '2130706433',
    'localhost, evil.example',
    '',
  ])('"%s" is refused there, on every route', async (host) => {
    for (const path of ['/config/a', '/health/live', '/nowhere'])
      expectProblem(await requestRaw(beacon.port, `GET ${path}`, [`Host: ${host}`]), 421, 'HOST_REFUSED');
  });

  test('an HTTP/1.0 request without Host is refused there', async () => {
    expectProblem(await sendRaw(beacon.port, 'GET /config/a HTTP/1.0\r\n\r\n'), 421, 'HOST_REFUSED');
  });

  test('a target in absolute form does not get around it', async () => {
    const answer = await requestRaw(beacon.port, 'GET http://localhost/config/a', ['Host: evil.example']);
    expectProblem(answer, 421, 'HOST_REFUSED');
  });
});

test.each([
  ['/config/a', 200],
  ['/config', 200],
  ['/config/A', 400],
  ['/nowhere', 404],
  ['/debug/redis-config', 200],
  ['/debug/redis-config?service=A', 400],
  ['/health/live', 200],
  ['/health/ready', 200],
  ['/health/redis', 503],
  ['/health/redis/main', 503],
  ['/health/redis/other', 404],
  ['/metrics', 200],
  ['/openapi.json', 200],
  ['/schema/catalog.json', 200],
  ['/docs', 200],
])('%s carries the security headers and a request id of our own', async (path, status) => {
  const answer = await beacon.ask(path, { headers: { 'X-Request-Id': 'theirs-12345678', 'Request-Id': 'theirs-2' } });
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject(COMMON);
  expect(answer.bytes).not.toContain('theirs');
  expect(answer.headers).not.toHaveProperty('server');
  expect(answer.headers).not.toHaveProperty('x-powered-by');
});

test('request ids never repeat', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => beacon.ask('/health/live')));
  expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(50);
});

const MARKER = 'zq9Marker7x';

describe('nothing that was sent comes back or enters the log', () => {
  test.each([
    ['the path', `GET /${MARKER}`, []],
    ['the name of a service', `GET /config/${MARKER}`, []],
    ['a valid name of a service that is none', `GET /config/${MARKER.toLowerCase()}?connection=x`, []],
    ['a broken encoding', `GET /config/${MARKER}%zz`, []],
    ['the name of a parameter', `GET /config/a?${MARKER}=1`, []],
    ['a connection', `GET /config/a?connection=${MARKER}`, []],
    ['a network', `GET /config/a?network=${MARKER}`, []],
    ['a deployment', `GET /health/redis/${MARKER}`, []],
    ['a valid name of a deployment', `GET /health/redis/${MARKER.toLowerCase()}`, []],
    ['a service to explain', `GET /debug/redis-config?service=${MARKER}`, []],
    ['a parameter of the explanation', `GET /debug/redis-config?history=${MARKER}`, []],
    ['a fragment', `GET /health/live#${MARKER}`, []],
    ['user information in an absolute target', `GET http://${MARKER}@localhost/nowhere`, []],
    ['a header', 'GET /nowhere', [`X-Custom: ${MARKER}`]],
    ['the name of a header', 'GET /nowhere', [`${MARKER}: 1`]],
    ['the host', 'GET /nowhere', [`Host: ${MARKER}.example`]],
    ['a token', 'GET /config/a', [`Authorization: Bearer ${MARKER}`]],
    ['a scheme of authorization', 'GET /config/a', [`Authorization: ${MARKER} x`]],
    ['a request id', 'GET /config/A', [`X-Request-Id: ${MARKER}`, `traceparent: ${MARKER}`]],
    ['forwarding headers', 'GET /nowhere', [`X-Forwarded-For: ${MARKER}`, `X-Forwarded-Host: ${MARKER}`]],
    ['what is accepted', 'GET /config/A', [`Accept: ${MARKER}`, `Accept-Version: ${MARKER}`]],
    ['a validator', 'GET /config/A', [`If-None-Match: "${MARKER}"`]],
    ['the method', `${MARKER} /nowhere`, []],
    ['an expectation', 'GET /nowhere', [`Expect: ${MARKER}`]],
    ['a type of content', 'POST /nowhere', [`Content-Type: ${MARKER}/${MARKER}`, 'Content-Length: 2', '', MARKER]],
    ['a broken header', 'GET /nowhere', [`${MARKER}`]],
    ['a bad length', 'POST /nowhere', [`Content-Length: ${MARKER}`]],
    ['a JSON body', 'POST /config', ['Content-Type: application/json', 'Content-Length: 15', '', `{"${MARKER}" 1`]],
  ])('%s', async (_what, line, headers) => {
    const answer = await requestRaw(beacon.port, line, headers);
    expect(answer.status).toBeGreaterThanOrEqual(200);
    // a service of any name exists here, and tells its own name
    if (!line.includes('/config/zq9')) expect(answer.bytes.toLowerCase()).not.toContain(MARKER.toLowerCase());
    expect(beacon.logText().toLowerCase()).not.toContain(MARKER.toLowerCase());
  });
});

test('a refused request is logged at warn with its code and id, a served one at debug with the pattern of its route', async () => {
  const refused = await beacon.ask('/config/a?unknown=1');
  const served = await beacon.ask('/config/some-service');
  const lineOf = (id: string | undefined, msg: string) =>
    until(() => beacon.logs().find((line) => line.requestId === id && line.msg === msg));
  expect(await lineOf(refused.headers['x-request-id'], 'request refused')).toMatchObject({
    level: 40,
    code: 'QUERY_INVALID',
    route: '/config/:service',
  });
  expect(await lineOf(served.headers['x-request-id'], 'request')).toMatchObject({
    level: 20,
    method: 'GET',
    route: '/config/:service',
    status: 200,
  });
  expect(beacon.logText()).not.toContain('some-service');
});

test('a client that goes away in the middle disturbs nobody', async () => {
  for (const bytes of [
    'GET /health/redis HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET /config',
    '\r\n\r\n',
    '\0\0\0\0',
  ]) {
    const socket = connect({ port: beacon.port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(bytes, () => socket.resetAndDestroy());
    await once(socket, 'close');
  }
  expect((await beacon.ask('/health/live')).status).toBe(200);
});

test('many requests in one packet are answered in their order', async () => {
  const ask = (path: string, last = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${last}\r\n`;
  const bytes = `${ask('/health/live')}${ask('/config/one')}${ask('/config/BAD')}${ask('/config/two', 'Connection: close\r\n')}`;
  const answer = await sendRaw(beacon.port, bytes);
  const order = [...answer.bytes.matchAll(/"status":"pass"\}|"service":"(\w+)"|"code":"(\w+)"/g)].map(([text]) => text);
  expect(order).toEqual(['"status":"pass"}', '"service":"one"', '"code":"NAME_INVALID"', '"service":"two"']);
});
