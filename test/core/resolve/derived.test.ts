import { expect, test } from 'vitest';
import { connectionOf, type Declared, deploymentOf, only, resolveDeclared, show } from '../resolving.ts';

const CATALOG = `version: 1
deployments:
  main:
    addresses: { container: "dev-redis:6379", host: "localhost:6380" }
    auth: { username: base-user, password: base-secret }
    tls: { enabled: true, servername: base.example }
    waive: { tls: "a reason for main" }
    databases: 32
services:
  backend: { connections: { cache: { db: 3 }, queue: {} } }
`;

function derived(variables: Record<string, string>, more: Partial<Declared> = {}) {
  const resolved = resolveDeclared({ catalog: CATALOG, variables, ...more });
  return { resolved, deployment: deploymentOf(resolved, 'main-cache'), base: deploymentOf(resolved, 'main') };
}

test('a connection with a URL of its own is on a deployment of its own; the others stay', () => {
  const { resolved, deployment } = derived({ REDIS_CACHE_URL: 'redis://c.example:7000' });

  expect(deployment.addresses.host?.value).toEqual({ host: 'c.example', port: 7000 });
  expect(show(connectionOf(resolved, 'cache').deployment)).toEqual({
    value: 'main-cache',
    origin: { layer: 'process', variable: 'REDIS_CACHE_URL' },
    shadowed: [{ value: 'main', origin: { layer: 'environment-default' } }],
  });
  expect(connectionOf(resolved, 'queue').deployment.value).toBe('main');
  expect(connectionOf(resolved, 'cache').db.value).toBe(3);
});

test.each<[string, Record<string, string>]>([
  ['another host', { REDIS_CACHE_URL: 'redis://c.example:6380' }],
  ['another port', { REDIS_CACHE_PORT: '6390' }],
  ['a socket', { REDIS_CACHE_URL: 'unix:/run/cache.sock' }],
])(
  'I1: another server is not sent the credentials of this one, and gets nothing else of it: %s',
  (_title, variables) => {
    const { deployment } = derived(variables);

    expect(deployment.auth.username.value).toBe(null);
    expect(deployment.auth.password).toMatchObject({ value: null, shadowed: [] });
    expect(deployment.tls).toMatchObject({ enabled: { value: false }, servername: { value: null } });
    expect(deployment.waive).toEqual({});
    expect(Object.keys(deployment.addresses)).toEqual(['host']);
  },
);

test('another port keeps the host', () => {
  expect(derived({ REDIS_CACHE_PORT: '6390' }).deployment.addresses.host?.value).toEqual({
    host: 'localhost',
    port: 6390,
  });
});

test.each<[string, Record<string, string>]>([
  ['another user', { REDIS_CACHE_USERNAME: 'cache-user', REDIS_CACHE_PASSWORD: 'cache-secret' }],
  ['the same address in a URL', { REDIS_CACHE_URL: 'rediss://cache-user:cache-secret@LOCALHOST:6380/3' }],
])('I3: on the same server it is the base, but for what the variables say: %s', (_title, variables) => {
  const { deployment, base } = derived(variables);

  expect([deployment.auth.username.value, deployment.auth.password.value?.reveal()]).toEqual([
    'cache-user',
    'cache-secret',
  ]);
  expect(Object.keys(deployment.addresses)).toEqual(Object.keys(base.addresses));
  expect(deployment.tls.servername.value).toBe('base.example');
});

test('I3: another user of the same server has the same fingerprint', () => {
  const { deployment, base } = derived({ REDIS_CACHE_USERNAME: 'cache-user' });

  expect(deployment.fingerprint).toBe(base.fingerprint);
});

test('the URL of a connection goes before that of the deployment, even from a lower layer', () => {
  const { deployment } = derived(
    { REDIS_URL: 'redis://m.example:1' },
    { envFile: 'REDIS_CACHE_URL=redis://c.example:2\n' },
  );

  expect(deployment.addresses.host?.value).toEqual({ host: 'c.example', port: 2 });
});

test('the database of the deployment is not that of another server', () => {
  const resolved = resolveDeclared({
    variables: { REDIS_URL: 'redis://m.example/5', REDIS_CACHE_URL: 'redis://c.example' },
  });

  expect([connectionOf(resolved).db.value, connectionOf(resolved, 'cache').db.value]).toEqual([5, 0]);
});

test('a declared deployment of the same name is not taken for it', () => {
  const catalog = `version: 1
deployments: { main: { addresses: { any: "m.example:1" } }, main-cache: { addresses: { any: "other.example:2" } } }
services: { backend: { connections: { cache: { deployment: main } } } }
`;
  const resolved = resolveDeclared({ catalog, variables: { REDIS_CACHE_URL: 'redis://c.example:3' } });

  expect(connectionOf(resolved, 'cache').deployment.value).toBe('main-cache-2');
  expect(deploymentOf(resolved, 'main-cache-2').addresses.host?.value).toEqual({ host: 'c.example', port: 3 });
});

test('long names make a name that is one', () => {
  const [long, longer] = ['d'.repeat(63), 'c'.repeat(63)];
  const catalog = `version: 1
deployments: { ${long}: { addresses: { any: "m.example:1" } } }
services: { backend: { connections: { ${longer}: {} } } }
`;
  const resolved = resolveDeclared({
    catalog,
    variables: { [`REDIS_${longer.toUpperCase()}_URL`]: 'redis://c.example:3' },
  });

  expect(connectionOf(resolved, longer).deployment.value).toBe(`${'d'.repeat(61)}-2`);
});

test('a connection of a Sentinel deployment may have a server of its own', () => {
  const catalog = `version: 1
deployments: { main: { topology: sentinel, sentinel: { master: m, nodes: ["s1"] } } }
services: { backend: { connections: { cache: {} } } }
`;
  const resolved = resolveDeclared({ catalog, variables: { REDIS_CACHE_URL: 'redis://c.example:3' } });

  expect(deploymentOf(resolved, 'main-cache')).toMatchObject({ topology: { value: 'standalone' }, sentinel: null });
  expect(only(resolved.findings, 'ADDRESS_UNUSED')).toEqual([]);
});

test('a strict environment says where TLS of such a connection is turned on, and what else may be done', () => {
  const { resolved } = derived({ REDIS_CACHE_URL: 'redis://c.example:3' }, { environment: 'production' });

  expect(only(resolved.findings, 'TLS_REQUIRED')).toEqual([
    {
      code: 'TLS_REQUIRED',
      severity: 'error',
      path: 'deployments.main-cache.tls.enabled',
      origin: { layer: 'process', variable: 'REDIS_CACHE_URL' },
      message: 'TLS is off, but production demands it.',
      fix: 'Write rediss:// in REDIS_CACHE_URL, or declare the server as a deployment of the catalog, where TLS can be waived with a reason.',
    },
  ]);
});
