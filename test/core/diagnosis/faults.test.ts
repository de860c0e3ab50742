import { expect, test } from 'vitest';
import { type FaultFacts, factsOf, formatAddress } from '../../../src/core/diagnosis/fault-facts.ts';
import { createFault, FAULT_CODES, FAULTS } from '../../../src/core/diagnosis/faults.ts';
import { Secret } from '../../../src/core/secret.ts';

const FACTS: FaultFacts = {
  address: { host: 'dev-redis', port: 6379 },
  otherAddresses: {},
  network: 'container',
  db: 0,
  hasUsername: false,
  hasPassword: false,
  servername: null,
  hasClientCertificate: false,
};

test.each(FAULT_CODES)('%s has a title, a cause and a fix in whole sentences', (code) => {
  for (const facts of [FACTS, { ...FACTS, address: null }, { ...FACTS, address: { path: '/run/redis.sock' } }]) {
    const { title, cause, fix } = createFault(code, facts, []);

    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(cause).toMatch(/^\S.*\.$/);
    expect(fix).toMatch(/^[A-Z].*\.$/);
    expect(cause + fix).not.toMatch(/undefined|null|\[object| {2}/);
  }
});

test('has exactly these warnings, which never make a server unusable', () => {
  expect(FAULT_CODES.filter((code) => FAULTS[code].class === 'warning')).toEqual([
    'AUTH_NOT_CONFIGURED',
    'INFO_NOPERM',
    'REPLICA_LINK_DOWN',
    'APP_CONNECTION_STALE',
  ]);
});

test('takes nothing secret from a target', () => {
  const facts = factsOf({
    deployment: 'main',
    address: { host: 'r', port: 1 },
    otherAddresses: {},
    network: 'host',
    db: 2,
    username: 'app',
    password: new Secret('canary'),
    tls: null,
    clientName: 'a:b',
    pool: { min: 0, max: 1, idleTimeoutMs: 1, acquireTimeoutMs: 1 },
    timeouts: { connectMs: 1, commandMs: 1, keepAliveMs: 1 },
  });

  expect(facts).toEqual({
    address: { host: 'r', port: 1 },
    otherAddresses: {},
    network: 'host',
    db: 2,
    hasUsername: true,
    hasPassword: true,
    servername: null,
    hasClientCertificate: false,
  });
});

test.each<[string, Partial<FaultFacts>, string]>([
  [
    'the published port used inside the container network',
    {
      address: { host: 'dev-redis', port: 6380 },
      otherAddresses: { host: { host: 'localhost', port: 6380 }, container: { host: 'dev-redis', port: 6379 } },
    },
    'Start Redis, or correct the address. 6380 is the port for the network "host"; in the network "container" the server has the port of the container itself. In the network "container" use dev-redis:6379.',
  ],
  [
    'localhost used inside a container',
    { address: { host: 'localhost', port: 6379 } },
    'Start Redis, or correct the address. localhost inside a container is the container itself: use the name of the Redis service.',
  ],
  [
    'another network known for the same server',
    {
      network: 'host',
      address: { host: 'localhost', port: 6379 },
      otherAddresses: { container: { host: 'dev-redis', port: 6370 } },
    },
    'Start Redis, or correct the address. This process runs in the network "host"; the same server is also declared as dev-redis:6370 in the network "container".',
  ],
  ['nothing known', {}, 'Start Redis, or correct the address.'],
])('hints at a refused address: %s', (_name, changes, fix) => {
  expect(createFault('CONN_REFUSED', { ...FACTS, ...changes }, []).fix).toBe(fix);
});

test('says that the name of a container does not exist on the host', () => {
  const facts: FaultFacts = { ...FACTS, network: 'host', otherAddresses: { host: { host: 'localhost', port: 6380 } } };

  const fault = createFault('DNS_NOT_FOUND', facts, []);

  expect(fault.cause).toBe('dev-redis is no known name in the network "host".');
  expect(fault.fix).toBe(
    'Use a name that resolves where this process runs. The name of a container exists only inside its container network. In the network "host" use localhost:6380.',
  );
});

test('tells a missing password from a user name without one', () => {
  const cause = (hasUsername: boolean) => createFault('AUTH_REQUIRED', { ...FACTS, hasUsername }, []).cause;

  expect(cause(false)).toBe('dev-redis:6379 requires a password; the configuration has none.');
  expect(cause(true)).toBe('dev-redis:6379 requires a password; the configuration has a user name but no password.');
});

test('writes addresses as they are typed', () => {
  expect(formatAddress({ host: '::1', port: 6379 })).toBe('[::1]:6379');
  expect(formatAddress({ path: '/run/redis.sock' })).toBe('unix:/run/redis.sock');
});
