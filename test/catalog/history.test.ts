import { expect, test } from 'vitest';
import { startRedis } from '../../src/testing/redis-server.ts';
import { type Beacon, startBeacon } from '../support/service.ts';

const historyOf = async (beacon: Beacon) => (await beacon.ask('/debug/redis-config?history=1')).json.history;

function catalog(port: number, password: string, changes: object = {}): object {
  return {
    version: 1,
    deployments: { main: { addresses: { host: `127.0.0.1:${port}` }, auth: { username: 'app', password } } },
    services: { backend: { connections: { cache: { db: 1 } } } },
    ...changes,
  };
}

test('keeps the last 20 revisions, newest first, with what each changed', async () => {
  await using redis = await startRedis();
  const numbered = (n: number) => ({
    version: 1,
    deployments: { main: { addresses: { host: `127.0.0.1:${redis.port}` } } },
    services: { backend: { connections: { cache: { keyPrefix: `n${n}:` } } } },
  });
  await using beacon = await startBeacon({
    files: { 'catalog.yaml': numbered(0) },
    variables: { BEACON_SETTLE_MS: '10' },
  });
  await beacon.revision(2);
  for (let n = 1; n <= 23; n += 1) {
    await beacon.write('catalog.yaml', numbered(n));
    await beacon.revision(2 + n);
  }
  const history: { revision: number }[] = await historyOf(beacon);
  expect(history.map(({ revision }) => revision)).toEqual(Array.from({ length: 20 }, (_, at) => 25 - at));
  expect(history[0]).toEqual({
    revision: 25,
    activatedAt: expect.any(String),
    cause: 'change',
    changes: [{ path: 'services.backend.connections.cache.keyPrefix', from: 'n22:', to: 'n23:' }],
    changesTotal: 1,
  });
});

test('tells that a secret changed, never from what to what', async () => {
  await using redis = await startRedis({ users: ['app on >first-secret >second-secret ~* +@all'] });
  await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog(redis.port, 'first-secret') } });
  await beacon.revision(2);
  await beacon.write('catalog.yaml', catalog(redis.port, 'second-secret'));
  await beacon.revision(3);
  const [entry] = await historyOf(beacon);
  const set = { secret: true, set: true };
  expect(entry).toMatchObject({
    changesTotal: 1,
    changes: [{ path: 'deployments.main.auth.password', from: set, to: set }],
  });
  const text = await beacon.ask('/debug/redis-config?history=1', { headers: { Accept: 'text/plain' } });
  expect(text.body).toContain('deployments.main.auth.password: (secret, set) -> (secret, set)');
  expect(text.body).not.toContain('-secret');
});

test('tells what came and what went', async () => {
  await using redis = await startRedis({ users: ['app on >secret ~* +@all'] });
  await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog(redis.port, 'secret') } });
  await beacon.revision(2);
  const services = { backend: { connections: { cache: { db: 1 }, queue: { db: 2 } } }, auth: {} };
  await beacon.write('catalog.yaml', catalog(redis.port, 'secret', { services }));
  await beacon.revision(3);
  await beacon.write('catalog.yaml', catalog(redis.port, 'secret'));
  await beacon.revision(4);
  const [gone, come] = await historyOf(beacon);
  expect(come.changes).toContainEqual({ path: 'services.auth', from: null, to: 'present' });
  expect(come.changes).toContainEqual({ path: 'services.backend.connections.queue.db', from: null, to: 2 });
  expect(gone.changes).toContainEqual({ path: 'services.auth', from: 'present', to: null });
  expect(gone.changes).toContainEqual({ path: 'services.backend.connections.queue.db', from: 2, to: null });
});

test('tells how many changes there were and keeps the first hundred', async () => {
  await using redis = await startRedis({ users: ['app on >secret ~* +@all'] });
  const services = (prefix: string) =>
    Object.fromEntries(
      Array.from({ length: 150 }, (_, at) => [
        `s-${at}`,
        { connections: { default: { keyPrefix: `${prefix}${at}:` } } },
      ]),
    );
  await using beacon = await startBeacon({
    files: { 'catalog.yaml': catalog(redis.port, 'secret', { services: services('a') }) },
  });
  await beacon.revision(2);
  await beacon.write('catalog.yaml', catalog(redis.port, 'secret', { services: services('b') }));
  await beacon.revision(3);
  const [entry] = await historyOf(beacon);
  expect([entry.changesTotal, entry.changes.length]).toEqual([150, 100]);
});
