import { expect, test } from 'vitest';
import { renderService } from '../../../src/core/render/configuration.ts';
import { explainDeployment, explainService, leavesOf } from '../../../src/core/render/explanation.ts';
import { targetOf } from '../../../src/core/render/target.ts';
import { connectionOf, type Declared, deploymentOf, resolveDeclared } from '../resolving.ts';

const PEM = '-----BEGIN CERTIFICATE-----';

const CATALOG = `version: 1
deployments:
  main:
    addresses: { container: "dev-redis:6379", host: "localhost:6380", socket: "unix:/run/redis.sock" }
    auth: { password: { env: MAIN_PASSWORD } }
  guarded:
    topology: sentinel
    sentinel: { master: mymaster, nodes: ["s1", "s2:26380"], auth: { username: watch, password: { env: SENTINEL_PASSWORD } }, tls: true }
    natMap: { host: { "10.0.0.1:6379": "localhost:7001" } }
    tls: { enabled: true, ca: "${PEM}", servername: r.example, minVersion: TLSv1.3 }
  sharded:
    topology: cluster
    nodes: { container: ["c1", "c2:7000"] }
    auth: { username: app, password: { env: MAIN_PASSWORD } }
services:
  backend: { connections: { cache: { deployment: main, db: 0, workload: cache } } }
  watched: { connections: { default: { deployment: guarded, db: 2 } } }
  parts: { connections: { default: { deployment: sharded } } }
`;

const DECLARED: Declared = {
  catalog: CATALOG,
  variables: { MAIN_PASSWORD: 'pa@ss', SENTINEL_PASSWORD: 'sentinel-secret' },
};

function render(service: string, network: string): unknown {
  const { services, deployments } = resolveDeclared(DECLARED);
  const found = services.find(({ name }) => name === service);
  const rendered = found === undefined ? null : renderService(found, deployments, network);
  if (rendered?.ok !== true) return rendered;
  return Object.fromEntries(rendered.connections.map(([name, json]) => [name, JSON.parse(json) as unknown]));
}

const SHARED = {
  pool: { min: 1, max: 10, idleTimeoutMs: 30_000, acquireTimeoutMs: 2000 },
  timeouts: { connectMs: 5000, commandMs: 2000, keepAliveMs: 30_000 },
  retry: { maxAttempts: 5, baseMs: 100, capMs: 2000 },
  healthCheckIntervalMs: 30_000,
};

const FINGERPRINT: unknown = expect.stringMatching(/^[0-9a-f]{32}$/);

test('serves a standalone deployment ready to use', () => {
  expect(render('backend', 'host')).toEqual({
    cache: {
      deployment: 'main',
      topology: 'standalone',
      fingerprint: FINGERPRINT,
      url: 'redis://default:pa%40ss@localhost:6380/0',
      host: 'localhost',
      port: 6380,
      path: null,
      nodes: [{ host: 'localhost', port: 6380 }],
      sentinel: null,
      natMap: null,
      db: 0,
      username: 'default',
      password: 'pa@ss',
      tls: null,
      clientName: 'backend:cache',
      keyPrefix: '',
      workload: 'cache',
      ...SHARED,
    },
  });
});

test('a socket has a path and no URL', () => {
  expect(render('backend', 'socket')).toMatchObject({
    cache: { url: null, host: null, port: null, path: '/run/redis.sock', nodes: [{ path: '/run/redis.sock' }] },
  });
});

test('serves Sentinel with the credentials and the TLS of the sentinels apart', () => {
  expect(render('watched', 'host')).toMatchObject({
    default: {
      topology: 'sentinel',
      url: null,
      host: null,
      nodes: [],
      sentinel: {
        master: 'mymaster',
        nodes: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 26_380 },
        ],
        username: 'watch',
        password: 'sentinel-secret',
        tls: true,
      },
      natMap: { '10.0.0.1:6379': 'localhost:7001' },
      db: 2,
      username: null,
      password: null,
      tls: { ca: PEM, cert: null, key: null, servername: 'r.example', rejectUnauthorized: true, minVersion: 'TLSv1.3' },
    },
  });
});

test('serves Cluster with its nodes; a network without them is told by its deployments', () => {
  expect(render('parts', 'container')).toMatchObject({
    default: {
      topology: 'cluster',
      url: null,
      nodes: [
        { host: 'c1', port: 6379 },
        { host: 'c2', port: 7000 },
      ],
      db: 0,
      username: 'app',
      password: 'pa@ss',
    },
  });
  expect(render('parts', 'host')).toEqual({ ok: false, unreachable: ['sharded'] });
});

test.each(['constructor', '__proto__', 'toString', ''])('the network %j reaches nothing', (network) => {
  expect(render('backend', network)).toEqual({ ok: false, unreachable: ['main'] });
});

test('what this process uses is what consumers get', () => {
  const resolved = resolveDeclared(DECLARED);
  const target = targetOf(deploymentOf(resolved), connectionOf(resolved, 'cache'), 3, 'host');

  expect({ ...target, password: target?.password?.reveal() }).toEqual({
    deployment: 'main',
    address: { host: 'localhost', port: 6380 },
    otherAddresses: { container: { host: 'dev-redis', port: 6379 }, socket: { path: '/run/redis.sock' } },
    network: 'host',
    db: 3,
    username: null,
    password: 'pa@ss',
    tls: null,
    clientName: 'redis-beacon:main',
    pool: SHARED.pool,
    timeouts: SHARED.timeouts,
  });
  expect(targetOf(deploymentOf(resolved), null, 0, 'constructor')).toBe(null);
  expect(targetOf(deploymentOf(resolved, 'guarded'), null, 0, 'host')).toBe(null);
});

test('I1: the explanation holds no secret', () => {
  const resolved = resolveDeclared(DECLARED);
  const text = JSON.stringify([
    [...resolved.deployments.values()].map(explainDeployment),
    resolved.services.map(explainService),
  ]);

  expect(text).not.toMatch(/pa@ss|pa%40ss|sentinel-secret|BEGIN CERTIFICATE/);
  expect(text).toContain(
    '"password":{"value":{"secret":true,"set":true},"origin":{"layer":"catalog-base","file":"catalog.yaml","line":5,"column":23},"shadowed":[]}',
  );
});

test('I4: the explanation names every leaf by its path', () => {
  const resolved = resolveDeclared(DECLARED);
  const paths = [...leavesOf(explainDeployment(deploymentOf(resolved)), 'main')].map(([path]) => path);

  expect(paths.filter((path) => !path.includes('thresholds'))).toEqual([
    'main.topology',
    'main.auth.username',
    'main.auth.password',
    'main.tls.enabled',
    'main.tls.ca',
    'main.tls.cert',
    'main.tls.key',
    'main.tls.servername',
    'main.tls.rejectUnauthorized',
    'main.tls.minVersion',
    'main.databases',
    'main.db',
    'main.addresses.container.host',
    'main.addresses.container.port',
    'main.addresses.host.host',
    'main.addresses.host.port',
    'main.addresses.socket.path',
    'main.fingerprint',
  ]);
});
