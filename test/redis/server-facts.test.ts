import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openConnection } from '../../src/redis/connection.ts';
import { parseInfo } from '../../src/redis/info.ts';
import { observedServer, observeServer } from '../../src/redis/server-facts.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { targetOf } from './ladder-target.ts';

const AT = '2026-11-21T10:00:00.000Z';

const observe = (info: string) => observedServer(parseInfo(info), AT);

test('reads INFO of a real server', async () => {
  await using redis = await startRedis({ args: ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru'] });
  await redis.cli('SET', 'k', 'v');
  for (const key of ['k', 'k', 'k', 'missing']) await redis.cli('GET', key);
  const result = await openConnection(targetOf(redis.port), { timeoutMs: 1000 });
  if (!result.ok) throw new Error(result.code);

  const observed = await observeServer(result.connection, { timeoutMs: 1000, at: AT });

  result.connection.destroy();
  expect(observed?.facts).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    role: 'master',
    connectedClients: 1,
    maxClients: expect.any(Number),
    usedMemoryBytes: expect.any(Number),
    maxMemoryBytes: 64 * 1024 * 1024,
    maxMemoryPolicy: 'allkeys-lru',
    evictedKeys: 0,
    hitRate: 0.75,
    replicationLagSeconds: null,
    observedAt: AT,
    reason: null,
  });
  expect(observed?.condition).toEqual({
    reads: 4,
    masterLinkUp: null,
    replicaReadOnly: true,
    saveFailed: false,
    lacksReplicas: null,
  });
});

test('is null when the server does not answer in time', async () => {
  await using redis = await startRedis();
  const result = await openConnection(targetOf(redis.port), { timeoutMs: 1000 });
  if (!result.ok) throw new Error(result.code);
  redis.kill('SIGSTOP');

  const observed = await observeServer(result.connection, { timeoutMs: 50, at: AT });

  result.connection.destroy();
  redis.kill('SIGCONT');
  expect(observed).toBeNull();
});

test.each([
  ['no reads have no hit rate', 'keyspace_hits:0\r\nkeyspace_misses:0', { hitRate: null }],
  ['reads that all missed', 'keyspace_hits:0\r\nkeyspace_misses:5', { hitRate: 0 }],
  ['nothing told', '', { hitRate: null, version: null, maxClients: null, usedMemoryBytes: null }],
  [
    'a master with replicas has the lag of the slowest',
    'role:master\r\nslave0:ip=a,state=online,lag=1\r\nslave1:ip=b,lag=7',
    { replicationLagSeconds: 7 },
  ],
  [
    'a replica tells when it heard from its master',
    'role:slave\r\nmaster_last_io_seconds_ago:4',
    { role: 'replica', replicationLagSeconds: 4 },
  ],
  ['a replica that never did', 'role:slave\r\nmaster_last_io_seconds_ago:-1', { replicationLagSeconds: null }],
  [
    'numbers that are none',
    'used_memory:lots\r\nmaxmemory:-1\r\nconnected_clients:',
    { usedMemoryBytes: null, maxMemoryBytes: null, connectedClients: null },
  ],
  ['a role that is none', 'role:sentinel', { role: null }],
])('INFO: %s', (_name, info, facts) => {
  expect(observe(info).facts).toMatchObject(facts);
});

test.each([
  ['the link to the master', 'master_link_status:down', { masterLinkUp: false }],
  ['a link that is up', 'master_link_status:up', { masterLinkUp: true }],
  ['a replica that may be written', 'slave_read_only:0', { replicaReadOnly: false }],
  ['a snapshot that failed', 'rdb_last_bgsave_status:err', { saveFailed: true }],
  ['an append-only file that failed', 'aof_last_write_status:err', { saveFailed: true }],
  ['too few replicas', 'min_slaves_good_slaves:0', { lacksReplicas: true }],
  ['enough replicas', 'min_slaves_good_slaves:2', { lacksReplicas: false }],
])('INFO: notices %s', (_name, info, condition) => {
  expect(observe(info).condition).toMatchObject(condition);
});

test('INFO: reads any text without throwing, and finds every field', () => {
  const name = fc.stringMatching(/^[a-z_]{1,20}$/);
  const value = fc.stringMatching(/^[ -~]{0,40}$/);
  fc.assert(
    fc.property(fc.dictionary(name, value), fc.string(), (fields, noise) => {
      const text = Object.entries(fields).map(([field, content]) => `${field}:${content}`);
      expect(Object.fromEntries(parseInfo(['# Server', ...text].join('\r\n')))).toEqual({ ...fields });
      expect(() => observe(noise)).not.toThrow();
    }),
  );
});
