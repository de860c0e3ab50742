import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LAYERS, type Origin } from '../../../src/core/origin.ts';
import type { ResolvedDeployment } from '../../../src/core/resolved.ts';
import {
  codesOf,
  connectionOf,
  type Declared,
  deploymentOf,
  only,
  type Resolved,
  resolveDeclared,
  show,
} from '../resolving.ts';

test('has the layers of the precedence, lowest first', () => {
  expect(LAYERS).toEqual([
    'environment-default',
    'embedded',
    'catalog-defaults',
    'catalog-base',
    'catalog-environment',
    'env-file',
    'env-file-environment',
    'process',
  ]);
});

/** The layers that may speak of any deployment; `defaults` speaks of connections and has a table of its own. */
const SPEAKING = ['catalog-base', 'catalog-environment', 'env-file', 'env-file-environment', 'process'] as const;
type Speaking = (typeof SPEAKING)[number];

interface Leaf {
  /** The value that each layer gives, as it is resolved. */
  readonly values: Readonly<Record<Speaking, unknown>>;
  /** Lines under `deployments.main`, for base and overlay. */
  readonly yaml: (value: unknown) => string;
  readonly variable: (value: unknown) => Readonly<Record<string, string>>;
  readonly read: (deployment: ResolvedDeployment, resolved: Resolved) => Parameters<typeof show>[0];
  /** Below all layers, where it is listed as shadowed. */
  readonly builtIn?: unknown;
  /** Other lines that the catalog needs, so that the leaf is looked at. */
  readonly context?: string;
  readonly needs?: Readonly<Record<string, string>>;
}

const PEM = (name: unknown): string => `-----BEGIN CERTIFICATE-----${String(name)}`;

const texts = (of: (layer: string) => unknown): Record<Speaking, unknown> =>
  Object.fromEntries(SPEAKING.map((layer) => [layer, of(layer)])) as Record<Speaking, unknown>; // one for each

const LEAVES: Readonly<Record<string, Leaf>> = {
  host: {
    values: texts((layer) => `${layer}.example`),
    yaml: (value) => `addresses: { host: "${value}:6379" }`,
    variable: (value) => ({ REDIS_HOST: String(value) }),
    read: ({ addresses }) => addresses.host?.leaves.host ?? never(),
    builtIn: 'localhost',
  },
  port: {
    values: texts((layer) => 7000 + SPEAKING.indexOf(layer as Speaking)),
    yaml: (value) => `addresses: { host: "localhost:${value}" }`,
    variable: (value) => ({ REDIS_PORT: String(value) }),
    read: ({ addresses }) => addresses.host?.leaves.port ?? never(),
    builtIn: 6379,
  },
  path: {
    values: texts((layer) => `/run/${layer}.sock`),
    yaml: (value) => `addresses: { host: "unix:${value}" }`,
    variable: (value) => ({ REDIS_URL: `unix:${value}` }),
    read: ({ addresses }) => addresses.host?.leaves.path ?? never(),
    builtIn: 'localhost',
  },
  username: {
    values: texts((layer) => `user of ${layer}`),
    yaml: (value) => `auth: { username: "${value}" }`,
    variable: (value) => ({ REDIS_USERNAME: String(value) }),
    read: ({ auth }) => auth.username,
  },
  password: {
    values: texts((layer) => `secret of ${layer}`),
    yaml: (value) => `auth: { password: "${value}" }`,
    variable: (value) => ({ REDIS_PASSWORD: String(value) }),
    read: ({ auth }) => auth.password,
  },
  tls: {
    values: texts((layer) => SPEAKING.indexOf(layer as Speaking) % 2 === 0),
    yaml: (value) => `tls: { enabled: ${value} }`,
    variable: (value) => ({ REDIS_TLS: String(value) }),
    read: ({ tls }) => tls.enabled,
  },
  ca: {
    values: texts(PEM),
    yaml: (value) => `tls: { enabled: true, ca: "${value}" }`,
    variable: (value) => ({ REDIS_CA: String(value), REDIS_TLS: 'true' }),
    read: ({ tls }) => tls.ca,
  },
  'database, for connections that declare none': {
    values: texts((layer) => SPEAKING.indexOf(layer as Speaking)),
    yaml: () => 'databases: 16',
    variable: (value) => ({ REDIS_DB: String(value) }),
    read: (_deployment, resolved) => connectionOf(resolved).db,
    builtIn: 0,
  },
};

function never(): never {
  throw new Error('the leaf is missing');
}

function declare(leaf: Leaf, layers: readonly Speaking[]): Declared {
  const lines = (layer: Speaking): string =>
    layers.includes(layer) ? `main: { ${leaf.yaml(leaf.values[layer])} }` : 'main: {}';
  const envFile = (layer: Speaking): string =>
    layers.includes(layer)
      ? Object.entries(leaf.variable(leaf.values[layer]))
          .map(([name, value]) => `${name}="${value}"\n`)
          .join('')
      : '';
  return {
    catalog: `version: 1
deployments: { ${lines('catalog-base')} }
services: { backend: {} }
environments: { development: { deployments: { ${lines('catalog-environment')} } } }
`,
    envFile: envFile('env-file'),
    envFileOfEnvironment: envFile('env-file-environment'),
    variables: layers.includes('process') ? leaf.variable(leaf.values.process) : {},
  };
}

/** What the precedence says, computed by the rule in words: the highest wins, the others are shadowed, nearest first. */
function expected(leaf: Leaf, layers: readonly Speaking[], speaks: (layer: Speaking) => boolean): unknown[] {
  const said = SPEAKING.filter((layer) => layers.includes(layer) && speaks(layer)).map((layer) => [
    layer,
    leaf.values[layer],
  ]);
  const lowest = leaf.builtIn === undefined ? [] : [['environment-default', leaf.builtIn]];
  return [...lowest, ...said].reverse();
}

function actual(shown: ReturnType<typeof show>): unknown[] {
  const pair = ({ value, origin }: { value: unknown; origin: unknown }) => [(origin as Origin).layer, value]; // by show
  return [pair(shown), ...shown.shadowed.map(pair)];
}

test.each(Object.entries(LEAVES))(
  'I4: for the %s any subset of layers resolves to the highest, and shadows the rest in order',
  (name, leaf) => {
    const speaks = (layer: Speaking): boolean => !name.startsWith('database') || !layer.startsWith('catalog');
    fc.assert(
      fc.property(fc.subarray([...SPEAKING], { minLength: 1 }), (layers) => {
        fc.pre(layers.some(speaks));
        const resolved = resolveDeclared(declare(leaf, layers));

        expect(actual(show(leaf.read(deploymentOf(resolved), resolved)))).toEqual(expected(leaf, layers, speaks));
      }),
      { numRuns: 32 },
    );
  },
);

const CONNECTION_LAYERS = ['catalog-defaults', 'catalog-base', 'catalog-environment'] as const;

test('for a connection `defaults` lies below the base, and that below the overlay', () => {
  fc.assert(
    fc.property(fc.subarray([...CONNECTION_LAYERS]), (layers) => {
      const max = (layer: (typeof CONNECTION_LAYERS)[number]): string =>
        layers.includes(layer) ? `pool: { max: ${20 + CONNECTION_LAYERS.indexOf(layer)} }` : '';
      const { pool } = connectionOf(
        resolveDeclared({
          catalog: `version: 1
defaults: { ${max('catalog-defaults')} }
services: { backend: { connections: { default: { ${max('catalog-base')} } } } }
environments: { development: { services: { backend: { connections: { default: { ${max('catalog-environment')} } } } } } }
`,
        }),
      );
      const said = CONNECTION_LAYERS.filter((layer) => layers.includes(layer)).map((layer) => [
        layer,
        20 + CONNECTION_LAYERS.indexOf(layer),
      ]);

      expect(actual(show(pool.max))).toEqual([['environment-default', 10], ...said].reverse());
    }),
    { numRuns: 8 },
  );
});

test('defaults of an overlay go before defaults of the base, but not before what a connection says', () => {
  const resolved = resolveDeclared({
    catalog: `version: 1
defaults: { retry: { maxAttempts: 1, baseMs: 11 } }
services: { backend: { connections: { default: { retry: { baseMs: 33 } } } } }
environments: { development: { defaults: { retry: { maxAttempts: 2, baseMs: 22 } } } }
`,
  });
  const { maxAttempts, baseMs, capMs } = connectionOf(resolved).retry;

  expect([maxAttempts.value, baseMs.value, capMs.value]).toEqual([2, 33, 2000]);
});

test('the overlay of another environment says nothing', () => {
  const resolved = resolveDeclared({
    catalog: `version: 1
deployments: { main: { addresses: { host: "base:6390" } } }
services: { backend: {} }
environments: { test: { deployments: { main: { addresses: { host: "test:6391" } } } } }
`,
  });

  expect(deploymentOf(resolved).addresses.host?.value).toEqual({ host: 'base', port: 6390 });
});

test('I4: an origin is the place in the file or the name of the variable', () => {
  const resolved = resolveDeclared({
    catalog: `version: 1
deployments:
  main:
    addresses:
      host: base:6390
    auth: { username: base }
services:
  backend: {}
environments:
  development:
    deployments:
      main:
        auth:
          username: "overlay"
`,
    envFile: '# comment\n\nexport REDIS_USERNAME=dot\n',
    envFileOfEnvironment: 'REDIS_USERNAME_FILE=/run/user\n',
    files: { '/run/user': 'file' },
    variables: { REDIS_URL: 'redis://url:pw@base:6390' },
  });

  expect(show(deploymentOf(resolved).auth.username)).toEqual({
    value: 'url',
    origin: { layer: 'process', variable: 'REDIS_URL' },
    shadowed: [
      {
        value: 'file',
        origin: {
          layer: 'env-file-environment',
          variable: 'REDIS_USERNAME_FILE',
          file: '.env.development',
          line: 1,
          column: 1,
        },
      },
      { value: 'dot', origin: { layer: 'env-file', variable: 'REDIS_USERNAME', file: '.env', line: 3, column: 8 } },
      { value: 'overlay', origin: { layer: 'catalog-environment', file: 'catalog.yaml', line: 14, column: 21 } },
      { value: 'base', origin: { layer: 'catalog-base', file: 'catalog.yaml', line: 6, column: 23 } },
    ],
  });
});

test('I4: a socket shadows the host below it, and a host the socket', () => {
  const url = (value: string): Declared => ({ envFile: `REDIS_URL=${value}\n` });
  const socket = resolveDeclared({ ...url('redis://h:1'), variables: { REDIS_URL: 'unix:/s' } });
  const host = resolveDeclared({ ...url('unix:/s'), variables: { REDIS_HOST: 'h' } });

  expect(deploymentOf(socket).addresses.host?.value).toEqual({ path: '/s' });
  expect(deploymentOf(socket).addresses.host?.leaves.path?.shadowed.map(({ value }) => value)).toEqual([
    'h',
    'localhost',
  ]);
  expect(deploymentOf(host).addresses.host?.value).toEqual({ host: 'h', port: 6379 });
  expect(deploymentOf(host).addresses.host?.leaves.host?.shadowed.map(({ value }) => value)).toEqual([
    'unix:/s',
    'localhost',
  ]);
});

test.each<[string, Declared, { host: string; port: number }]>([
  ['development has a default', {}, { host: 'localhost', port: 6379 }],
  ['test has its own', { environment: 'test' }, { host: 'localhost', port: 6381 }],
  ['a port alone keeps the default host', { variables: { REDIS_PORT: '6390' } }, { host: 'localhost', port: 6390 }],
  [
    'the default host alone keeps the default port',
    { environment: 'test', variables: { REDIS_HOST: 'localhost' } },
    { host: 'localhost', port: 6381 },
  ],
  [
    "another host has Redis's own port",
    { environment: 'test', variables: { REDIS_HOST: 'r.example' } },
    { host: 'r.example', port: 6379 },
  ],
  [
    'a URL without a port means 6379',
    { envFile: 'REDIS_PORT=1\n', variables: { REDIS_URL: 'redis://r.example' } },
    { host: 'r.example', port: 6379 },
  ],
  [
    'host and port may come from two layers',
    { envFile: 'REDIS_PORT=6390\n', variables: { REDIS_HOST: 'h.example' } },
    { host: 'h.example', port: 6390 },
  ],
  [
    'an embedded Redis goes before the default',
    { embedded: { host: '127.0.0.1', port: 41234 } },
    { host: '127.0.0.1', port: 41234 },
  ],
  [
    'IPv6 is written with or without brackets',
    { variables: { REDIS_HOST: '[2001:db8::1]', REDIS_PORT: '6380' } },
    { host: '2001:db8::1', port: 6380 },
  ],
])('address: %s', (_title, declared, address) => {
  const resolved = resolveDeclared(declared);

  expect(deploymentOf(resolved).addresses.host?.value).toEqual(address);
  expect(resolved.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
});

test('I8: staging and production have no default address', () => {
  for (const environment of ['staging', 'production'] as const) {
    const resolved = resolveDeclared({ environment, services: ['backend'] });

    expect(deploymentOf(resolved).addresses).toEqual({});
    expect(only(resolved.findings, 'ADDRESS_MISSING')).toEqual([
      {
        code: 'ADDRESS_MISSING',
        severity: 'error',
        path: 'deployments.main.addresses.host',
        origin: null,
        message: 'main has no address in the network host, in which this process runs.',
        fix: 'Declare deployments.main.addresses.host (or .any), or set REDIS_URL or REDIS_HOST.',
      },
    ]);
  }
});

test('what cannot be read is reported once, not as missing, too', () => {
  const catalog = `version: 1
deployments: { main: { addresses: { host: "redis://h:1", container: "redis:6379" } } }
services: { backend: {} }
`;

  expect(codesOf(resolveDeclared({ catalog }).findings)).toEqual(['ADDRESS_INVALID', 'ACCESS_MISSING']);
});
