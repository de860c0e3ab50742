import { expect, test } from 'vitest';
import { type Declared, deploymentOf, only, resolveDeclared } from '../resolving.ts';

const catalog = (main: string, overlay = ''): string => `version: 1
deployments: { main: { ${main} } }
services: { backend: {} }
environments: { development: { deployments: { main: { ${overlay} } } } }
`;

/** `host:port` or path by network. */
function addressesOf(declared: Declared): Record<string, string> {
  const { addresses } = deploymentOf(resolveDeclared(declared));
  return Object.fromEntries(
    Object.entries(addresses).map(([network, { value }]) => [
      network,
      'path' in value ? value.path : `${value.host}:${value.port}`,
    ]),
  );
}

test.each<[string, Declared, Record<string, string>]>([
  [
    'each has its own address',
    { catalog: catalog('addresses: { container: "dev-redis:6379", host: "localhost:6380" }') },
    { container: 'dev-redis:6379', host: 'localhost:6380' },
  ],
  [
    '`any` serves every one',
    { catalog: catalog('addresses: { any: "r.example:1" }') },
    { container: 'r.example:1', host: 'r.example:1' },
  ],
  [
    'its own entry goes before `any` of the same layer, in either order',
    { catalog: catalog('addresses: { host: "localhost:6380", any: "r.example:1" }') },
    { container: 'r.example:1', host: 'localhost:6380' },
  ],
  [
    '`any` of a higher layer goes before both',
    {
      catalog: catalog(
        'addresses: { container: "dev-redis:6379", host: "localhost:6380" }',
        'addresses: { any: "r.example:1" }',
      ),
    },
    { container: 'r.example:1', host: 'r.example:1' },
  ],
  [
    'variables speak of the network in which they were set',
    {
      catalog: catalog('addresses: { container: "dev-redis:6379", host: "localhost:6380" }'),
      network: 'container',
      variables: { REDIS_URL: 'redis://r.example:1' },
    },
    { container: 'r.example:1', host: 'localhost:6380' },
  ],
  [
    'one may be named by the catalog',
    { catalog: catalog('addresses: { container: "a.example:1", host: "b.example:2", vpn: "c.example:3" }') },
    { container: 'a.example:1', host: 'b.example:2', vpn: 'c.example:3' },
  ],
  [
    'one may be the socket on the host',
    { catalog: catalog('addresses: { container: "dev-redis:6379", host: "unix:/run/redis.sock" }') },
    { container: 'dev-redis:6379', host: '/run/redis.sock' },
  ],
])('networks: %s', (_title, declared, expected) => {
  expect(addressesOf(declared)).toEqual(expected);
});

test('an unknown network of this process is an error with the nearest name', () => {
  const declared = { catalog: catalog('addresses: { vpn-east: "a.example:1" }'), network: 'vpn-eats' };

  expect(
    only(resolveDeclared(declared).findings, 'ADDRESS_MISSING').map(({ path, message }) => [path, message]),
  ).toEqual([
    [
      'deployments.main.addresses.vpn-eats',
      'main has no address in the network vpn-eats (did you mean vpn-east?), in which this process runs.',
    ],
  ]);
});

test('a network that is named like a property of objects has no address either', () => {
  expect(only(resolveDeclared({ network: 'constructor' }).findings, 'ADDRESS_MISSING')).toHaveLength(1);
});

test('a default beside a declared address is told as the guess that it is', () => {
  expect(
    only(resolveDeclared({ catalog: catalog('addresses: { host: "localhost:6380" }') }).findings, 'ADDRESS_DEFAULTED'),
  ).toEqual([
    {
      code: 'ADDRESS_DEFAULTED',
      severity: 'warning',
      path: 'deployments.main.addresses.container',
      origin: { layer: 'environment-default' },
      message:
        'No address is declared for the network container, though there is one for host; dev-redis:6379 is a guess.',
      fix: 'Declare deployments.main.addresses.container.',
    },
  ]);
});

const BOTH = 'addresses: { container: "dev-redis:6379", host: "localhost:6380" }';

/** The mix-ups of container and host: code, message and fix. */
test.each<[string, Declared, (readonly string[])[]]>([
  [
    'localhost in a container, where the right address is known',
    { catalog: catalog(BOTH), network: 'container', variables: { REDIS_HOST: 'localhost' } },
    [
      [
        'LOCALHOST_IN_CONTAINER',
        'localhost:6379 inside a container is the container itself.',
        'Use dev-redis:6379; for a sidecar, waive it: deployments.main.waive.localhost.',
      ],
    ],
  ],
  [
    'localhost and the published port in a container',
    { catalog: catalog(BOTH), network: 'container', variables: { REDIS_URL: 'redis://127.0.0.1:6380' } },
    [
      [
        'LOCALHOST_IN_CONTAINER',
        '127.0.0.1:6380 inside a container is the container itself. 6380 is the port published to the host.',
        'Use dev-redis:6379; for a sidecar, waive it: deployments.main.waive.localhost.',
      ],
    ],
  ],
  [
    'the published port in a container',
    { catalog: catalog(BOTH), network: 'container', variables: { REDIS_PORT: '6380' } },
    [
      [
        'PUBLISHED_PORT_IN_CONTAINER',
        '6380 is the port published to the host, not the one inside the container network.',
        'Use dev-redis:6379 in the network container.',
      ],
    ],
  ],
  [
    'the name of the container on the host',
    { catalog: catalog(BOTH), variables: { REDIS_HOST: 'dev-redis' } },
    [
      [
        'CONTAINER_ADDRESS_ON_HOST',
        'dev-redis is the name inside the container network; the host does not know it.',
        'Use localhost:6380 in the network host.',
      ],
    ],
  ],
  [
    'the port of the container on the host',
    { catalog: catalog(BOTH), variables: { REDIS_PORT: '6379' } },
    [
      [
        'CONTAINER_ADDRESS_ON_HOST',
        '6379 is the port inside the container network, not the one published to the host.',
        'Use localhost:6380 in the network host.',
      ],
    ],
  ],
  ['nothing, where both are right', { catalog: catalog(BOTH) }, []],
  [
    'nothing, where the port is published under its own number',
    { catalog: catalog('addresses: { container: "r:6379", host: "localhost:6379" }') },
    [],
  ],
  ['nothing, where `any` names one server for all', { catalog: catalog('addresses: { any: "redis:6379" }') }, []],
  ['nothing of built-in defaults', { environment: 'test', variables: { REDIS_URL: 'redis://localhost:6379' } }, []],
  ['nothing of the embedded Redis', { network: 'container', embedded: { host: '127.0.0.1', port: 41234 } }, []],
  [
    'nothing, where a sidecar is waived',
    {
      catalog: catalog(
        'addresses: { container: "localhost:6379", host: "localhost:6380" }, waive: { localhost: "sidecar" }',
      ),
      network: 'container',
    },
    [],
  ],
])('mixed-up addresses: %s', (_title, declared, expected) => {
  const { findings } = resolveDeclared(declared);

  expect(
    findings
      .filter(({ code }) => /LOCALHOST|PUBLISHED|ON_HOST/.test(code))
      .map(({ code, message, fix }) => [code, message, fix]),
  ).toEqual(expected);
});

test('nodes of Sentinel and Cluster follow the same rules, each with its usual port', () => {
  const resolved = resolveDeclared({
    catalog: `version: 1
deployments:
  guarded: { topology: sentinel, sentinel: { master: m, nodes: { any: ["s1", "s2:26380"], host: ["localhost:1"] } } }
  sharded: { topology: cluster, nodes: ["c1", "[::1]:7001"], natMap: { host: { "c1:6379": "localhost:7001" } } }
services: { backend: { connections: { default: { deployment: guarded } } } }
`,
  });
  const { sentinel } = deploymentOf(resolved, 'guarded');
  const { cluster, natMap } = deploymentOf(resolved, 'sharded');

  expect(sentinel?.nodes.container?.value).toEqual([
    { host: 's1', port: 26379 },
    { host: 's2', port: 26380 },
  ]);
  expect(sentinel?.nodes.host?.value).toEqual([{ host: 'localhost', port: 1 }]);
  expect(cluster?.nodes.host?.value).toEqual([
    { host: 'c1', port: 6379 },
    { host: '::1', port: 7001 },
  ]);
  expect(natMap.host?.value).toEqual({ 'c1:6379': 'localhost:7001' });
});
