import { describe, expect, test } from 'vitest';
import { freePort } from '../../src/testing/free-port.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { testCertificates } from '../support/certificates.ts';
import { startSilentPeer } from '../support/peers.ts';
import { type Beacon, startBeacon, strictCatalog, TOKENS, tryBeacon } from '../support/service.ts';
import { until } from '../support/until.ts';

const PRODUCTION = { ENVIRONMENT: 'production' };

function catalogOf(port: number, changes: object = {}, services: object = { backend: {} }): object {
  return {
    version: 1,
    deployments: { main: { addresses: { host: `127.0.0.1:${port}` }, ...changes } },
    services,
  };
}

const preflightOf = async (beacon: Beacon) => (await beacon.ask('/config/backend')).json.preflight.status;

describe('in development the service comes up at once', () => {
  test('and a proof makes the next revision', async () => {
    await using redis = await startRedis();
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogOf(redis.port) } });
    await beacon.revision(2);
    const { json } = await beacon.ask('/debug/redis-config?history=1');
    expect(json.preflight.main).toMatchObject({ status: 'proven', fault: null, warnings: [] });
    expect(json.history).toMatchObject([
      { revision: 2, cause: 'preflight', changes: [{ path: 'preflight.main', from: 'pending', to: 'proven' }] },
      { revision: 1, cause: 'start', changes: [] },
    ]);
    expect(await preflightOf(beacon)).toBe('proven');
  });

  test('while Redis is away, says that it failed, and proves it when it appears', async () => {
    await using redis = await startRedis();
    const { port } = redis;
    redis.kill('SIGKILL');
    await redis.ended();
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogOf(port) } });
    await beacon.revision(2);
    expect(await preflightOf(beacon)).toBe('failed');
    expect((await beacon.ask('/health/ready')).status).toBe(200);
    const { preflight } = (await beacon.ask('/debug/redis-config')).json;
    expect(preflight.main.fault).toMatchObject({
      class: 'environment',
      cause: expect.any(String),
      fix: expect.any(String),
    });
    await redis.restart();
    await beacon.revision(3);
    expect(await preflightOf(beacon)).toBe('proven');
  });

  test('while Redis is frozen, too', async () => {
    await using peer = await startSilentPeer();
    const startedAt = performance.now();
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogOf(peer.port) } });
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(await preflightOf(beacon)).toBe('pending');
  });

  test('a topology that cannot be proven is served and says so', async () => {
    const nodes = ['127.0.0.1:7001', '127.0.0.1:7002'];
    const catalog = catalogOf(1, { topology: 'cluster', nodes, addresses: undefined });
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog } });
    expect(await preflightOf(beacon)).toBe('not-applicable');
    expect((await beacon.ask('/config/backend')).json.connections.default).toMatchObject({
      url: null,
      topology: 'cluster',
    });
  });
});

describe('I2: in production a configuration that can never work does not start', () => {
  test('a wrong password', async () => {
    await using redis = await startRedis({ password: 'the-right-one' });
    const files = { 'catalog.yaml': strictCatalog(redis.port, { auth: { password: { env: 'PW' } } }) };
    const started = await tryBeacon({ variables: { ...PRODUCTION, PW: 'a-wrong-one' }, files });
    expect(started).toMatchObject({
      ok: false,
      reasons: [
        {
          code: 'AUTH_WRONG',
          severity: 'error',
          path: 'deployments.main',
          message: expect.stringMatching(/./),
          fix: expect.stringMatching(/./),
        },
      ],
    });
    expect(JSON.stringify(started)).not.toMatch(/a-wrong|the-right/);
  });

  test('no password where one is needed', async () => {
    await using redis = await startRedis({ password: 'secret' });
    const started = await tryBeacon({ variables: PRODUCTION, files: { 'catalog.yaml': strictCatalog(redis.port) } });
    expect(started).toMatchObject({ ok: false, reasons: [{ code: 'AUTH_REQUIRED', path: 'deployments.main' }] });
  });

  test('a database that the server does not have', async () => {
    await using redis = await startRedis({ databases: 1 });
    const started = await tryBeacon({ variables: PRODUCTION, files: { 'catalog.yaml': strictCatalog(redis.port) } });
    expect(started).toMatchObject({ ok: false, reasons: [{ code: 'DB_OUT_OF_RANGE', path: 'deployments.main' }] });
  });

  test('TLS towards a server without', async () => {
    await using redis = await startRedis();
    const { ca } = await testCertificates();
    const tls = { enabled: true, ca: { env: 'CA' } };
    const files = { 'catalog.yaml': strictCatalog(redis.port, { tls }) };
    const started = await tryBeacon({ variables: { ...PRODUCTION, CA: ca }, files });
    expect(started).toMatchObject({
      ok: false,
      reasons: [{ path: 'deployments.main', code: expect.stringMatching(/^TLS_/) }],
    });
  });

  test('a certificate of another authority', async () => {
    const { server, ca, otherCa } = await testCertificates();
    await using redis = await startRedis({ tls: { ...server, ca } });
    const tls = { enabled: true, ca: { env: 'CA' } };
    const files = { 'catalog.yaml': strictCatalog(redis.tlsPort ?? 0, { tls }) };
    const started = await tryBeacon({ variables: { ...PRODUCTION, CA: otherCa }, files });
    expect(started).toMatchObject({
      ok: false,
      reasons: [{ path: 'deployments.main', code: expect.stringMatching(/^TLS_/) }],
    });
  });

  test('all problems at once, each with its place', async () => {
    const catalog = {
      version: 1,
      deployments: { main: { auth: { password: 'literal' } } },
      services: { backend: { connections: { a: { db: 99 }, b: { deployment: 'nope' } } } },
    };
    const started = await tryBeacon({ variables: PRODUCTION, files: { 'catalog.yaml': catalog } });
    if (started.ok) throw new Error('It started.');
    expect(started.reasons.map(({ code }) => code)).toEqual(
      expect.arrayContaining([
        'ADDRESS_MISSING',
        'SECRET_LITERAL',
        'DB_OUT_OF_RANGE',
        'DEPLOYMENT_UNKNOWN',
        'TLS_REQUIRED',
        'ACCESS_MISSING',
      ]),
    );
    for (const { severity, message, fix } of started.reasons)
      expect([severity, message.length > 5, fix.length > 5]).toEqual(['error', true, true]);
  });
});

describe('in production, with everything right', () => {
  test('I2: what is served was proven before, from the first answer on', async () => {
    const { server, ca } = await testCertificates();
    await using redis = await startRedis({ tls: { ...server, ca, only: true }, password: 'good' });
    const changes = { tls: { enabled: true, ca: { env: 'CA' } }, auth: { password: { env: 'PW' } }, waive: {} };
    const catalog = strictCatalog(redis.tlsPort ?? 0, changes);
    await using beacon = await startBeacon({
      variables: { ...PRODUCTION, CA: ca, PW: 'good' },
      files: { 'catalog.yaml': catalog },
    });
    const { json } = await beacon.ask('/config/backend', { token: TOKENS.backend });
    expect(json).toMatchObject({
      revision: 1,
      preflight: { status: 'proven' },
      connections: { cache: { tls: { ca } } },
    });
  });

  test('a waived proof is served and says so', async () => {
    const port = await freePort('127.0.0.1');
    const waive = { tls: 'a test', preflight: 'comes up later' };
    await using beacon = await startBeacon({
      variables: PRODUCTION,
      files: { 'catalog.yaml': strictCatalog(port, { waive }) },
    });
    const { json } = await beacon.ask('/config/backend', { token: TOKENS.backend });
    expect(json.preflight.status).toBe('waived');
  });
});

describe('in production, while Redis is away at the start', () => {
  test('I7, I8: nothing is served but the cause, to who may read; then everything within 1.5 s of its return', async () => {
    await using redis = await startRedis();
    const { port } = redis;
    redis.kill('SIGKILL');
    await redis.ended();
    await using beacon = await startBeacon({ variables: PRODUCTION, files: { 'catalog.yaml': strictCatalog(port) } });
    expect(await beacon.ask('/health/ready')).toMatchObject({ status: 503 });
    expect((await beacon.ask('/health/live')).status).toBe(200);
    expect((await beacon.ask('/health/redis')).status).toBe(503);
    expect((await beacon.ask('/metrics')).body).toMatch(/^redis_beacon_catalog_waiting 1$/m);

    const { status, headers, json } = await beacon.ask('/config/backend', { token: TOKENS.backend });
    expect([status, headers['retry-after'], json.code]).toEqual([503, '1', 'NOT_PROVEN']);
    expect(json.reasons).toEqual([
      {
        deployment: 'main',
        code: 'CONN_REFUSED',
        title: expect.any(String),
        cause: expect.stringContaining(String(port)),
        fix: expect.any(String),
      },
    ]);
    expect((await beacon.ask('/config/backend')).status).toBe(401);
    expect((await beacon.ask('/config/backend', { token: TOKENS.auth })).status).toBe(403);
    const debug = await beacon.ask('/debug/redis-config', { token: TOKENS.ops });
    expect(debug.json.catalog).toMatchObject({
      revision: null,
      waiting: { faults: [{ deployment: 'main', code: 'CONN_REFUSED' }] },
    });

    await redis.restart();
    const returnedAt = performance.now();
    await until(async () => (await beacon.ask('/config/backend', { token: TOKENS.backend })).status === 200);
    expect(performance.now() - returnedAt).toBeLessThan(1500);
    expect((await beacon.ask('/health/ready')).status).toBe(200);

    // from now on an outage is no longer its business
    const before = await beacon.ask('/config/backend', { token: TOKENS.backend });
    redis.kill('SIGKILL');
    await redis.ended();
    await until(async () => (await beacon.ask('/health/redis')).status === 503);
    const during = await beacon.ask('/config/backend', { token: TOKENS.backend });
    expect([during.status, during.body, during.headers.etag]).toEqual([200, before.body, before.headers.etag]);
    expect((await beacon.ask('/health/ready')).status).toBe(200);
  });

  test('the end does not wait for a proof', async () => {
    await using peer = await startSilentPeer();
    const waive = { tls: 'a test' };
    const variables = { ...PRODUCTION, BEACON_PREFLIGHT_DEADLINE_MS: '600' };
    const beacon = await startBeacon({ variables, files: { 'catalog.yaml': strictCatalog(peer.port, { waive }) } });
    const startedAt = performance.now();
    await beacon[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

test('the end does not wait for the proof of a reload', async () => {
  await using redis = await startRedis();
  await using peer = await startSilentPeer();
  const beacon = await startBeacon({ files: { 'catalog.yaml': catalogOf(redis.port) } });
  await beacon.revision(2);
  await beacon.write('catalog.yaml', catalogOf(peer.port));
  await until(() => peer.open.size > 0);
  const startedAt = performance.now();
  await beacon[Symbol.asyncDispose]();
  expect(performance.now() - startedAt).toBeLessThan(1500);
});
