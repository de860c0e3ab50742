import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { DeploymentHealth } from '../../src/health/deployment-health.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { tlsOf } from '../redis/ladder-target.ts';
import { type Certificates, testCertificates } from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { CANARY, type Supervised, supervise, THRESHOLDS, withCanary } from './supervised.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await testCertificates();
});

const fast = { serverFactsIntervalMs: 50 };

/** The first answer with this finding. */
function withFinding(supervised: Supervised, wanted: string): Promise<DeploymentHealth | null> {
  return until(async () => {
    const health = await supervised.check();
    return health.findings.some(({ code }) => code === wanted) ? health : null;
  });
}

test('a user without INFO makes the server unobservable, not down, and names the grant', async () => {
  await using redis = await startRedis({ users: [`app on >${CANARY} ~app:* -@all +ping +select`] });
  await using supervised = supervise(redis.port, withCanary({ username: 'app' }));

  const health = await withFinding(supervised, 'INFO_NOPERM');

  expect(health).toMatchObject({ status: 'warn', reachable: 'pass', readable: 'pass', writable: null });
  expect(health?.server).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    role: 'master',
    connectedClients: null,
    maxClients: null,
    usedMemoryBytes: null,
    maxMemoryBytes: null,
    maxMemoryPolicy: null,
    evictedKeys: null,
    hitRate: null,
    replicationLagSeconds: null,
    observedAt: expect.any(String),
    reason: 'The user may not run INFO. Grant it: ACL SETUSER <user> +info',
  });
});

test('a user without PING is not down either', async () => {
  await using redis = await startRedis({ users: [`app on >${CANARY} ~* -@all +get`] });
  await using supervised = supervise(redis.port, withCanary({ username: 'app' }));

  const health = await withFinding(supervised, 'ACL_NOPERM');

  expect(health).toMatchObject({ status: 'warn', reachable: 'pass', readable: null, writable: null, fault: null });
});

test('a full server that evicts nothing is a warning, although PING answers', async () => {
  await using redis = await startRedis({ args: ['--maxmemory', '1mb', '--maxmemory-policy', 'noeviction'] });
  await using supervised = supervise(redis.port, {}, fast);

  const health = await withFinding(supervised, 'OUT_OF_MEMORY');

  expect(health).toMatchObject({ status: 'warn', reachable: 'pass', readable: 'pass', writable: 'warn' });
});

test('a replica that lost its master serves stale reads and takes no writes', async () => {
  const nobody = String(await freePort('127.0.0.1'));
  await using redis = await startRedis({ args: ['--replicaof', '127.0.0.1', nobody] });
  await using supervised = supervise(redis.port, {}, fast);

  const health = await withFinding(supervised, 'REPLICA_LINK_DOWN');

  expect(health).toMatchObject({ status: 'warn', readable: 'warn', writable: 'fail', server: { role: 'replica' } });
});

test('a replica that refuses stale reads fails', async () => {
  const nobody = String(await freePort('127.0.0.1'));
  const args = ['--replicaof', '127.0.0.1', nobody, '--replica-serve-stale-data', 'no'];
  await using redis = await startRedis({ args });
  await using supervised = supervise(redis.port);

  const health = await supervised.check();

  expect(health).toMatchObject({ status: 'fail', reachable: 'pass', readable: 'fail', fault: { code: 'MASTER_DOWN' } });
});

test('a master without enough replicas takes no writes', async () => {
  await using redis = await startRedis({ args: ['--min-replicas-to-write', '1'] });
  await using supervised = supervise(redis.port, {}, fast);

  const health = await withFinding(supervised, 'NOT_ENOUGH_REPLICAS');

  expect(health).toMatchObject({ status: 'warn', readable: 'pass', writable: 'fail' });
});

test('a server that cannot save takes no writes: PING fails, reads do not', async () => {
  await using redis = await startRedis({ args: ['--save', '3600 1'] });
  await mkdir(join(redis.directory, 'dump.rdb'));
  await redis.cli('SET', 'k', 'v');
  await redis.cli('BGSAVE');
  await until(async () => (await redis.cli('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'));
  await using supervised = supervise(redis.port);

  const health = await supervised.check();

  expect(health).toMatchObject({ status: 'warn', reachable: 'pass', readable: 'pass', writable: 'fail', fault: null });
  expect(health.findings.map(({ code }) => code)).toContain('PERSISTENCE_FAILED');
});

test('a script that blocks the server fails, with its own code', async () => {
  await using redis = await startRedis({ args: ['--lua-time-limit', '20'] });
  await using supervised = supervise(redis.port);
  await supervised.check();
  const script = redis.cli('EVAL', 'while true do end', '0').catch(() => 'killed');

  const health = await until(async () => {
    const checked = await supervised.check();
    return checked.fault?.code === 'BUSY_SCRIPT' ? checked : null;
  });
  await redis.cli('SCRIPT', 'KILL');
  await script;

  expect(health).toMatchObject({ status: 'fail', reachable: 'pass', readable: 'fail' });
  await until(async () => (await supervised.check()).status !== 'fail');
});

test('a low hit rate is a warning once there is traffic', async () => {
  await using redis = await startRedis();
  await redis.cli('EVAL', 'for i = 1, 200 do redis.call("GET", "missing") end', '0');
  await using supervised = supervise(redis.port, {}, fast);

  const health = await withFinding(supervised, 'HIT_RATE_LOW');

  expect(health).toMatchObject({ status: 'warn', server: { hitRate: 0 } });
});

test('new connections that are refused are a warning while old ones work', async () => {
  await using redis = await startRedis();
  await using supervised = supervise(redis.port, {}, { credentialsIntervalMs: 100 });
  await until(async () => (await supervised.check()).status === 'pass');
  const clients = await redis.cli('CLIENT', 'LIST');
  const own = clients.split('\n').filter((line) => line.includes('name=beacon:main')).length;

  await redis.cli('CONFIG', 'SET', 'maxclients', String(own + 1));
  const holder = redis.cli('BLPOP', 'nothing', '0').catch(() => 'gone');
  const health = await until(async () => {
    const checked = await supervised.check();
    return checked.findings.some(({ path }) => path === 'deployments.main.credentials') ? checked : null;
  });
  redis.kill('SIGKILL');
  await holder;

  expect(health).toMatchObject({ status: 'warn', reachable: 'pass', readable: 'pass', fault: null });
});

test('tells protocol and end of the certificate over TLS, and warns before it expires', async () => {
  const { ca, server } = certificates;
  await using redis = await startRedis({ tls: { ...server, ca, only: true } });
  const address = { host: 'localhost', port: redis.tlsPort ?? 0 };
  const thresholds = { ...THRESHOLDS, certificateDaysMin: 60 };
  await using supervised = supervise(0, { address, tls: tlsOf({ ca: new Secret(ca) }) }, { thresholds });

  const health = await withFinding(supervised, 'CERTIFICATE_EXPIRES');

  expect(health?.tls).toEqual({ protocol: 'TLSv1.3', validTo: expect.any(String), daysLeft: 29 });
  expect(health).toMatchObject({ status: 'warn', fault: null });
});

test('fails when the certificate comes from an unknown authority', async () => {
  const { ca, otherCa, server } = certificates;
  await using redis = await startRedis({ tls: { ...server, ca, only: true } });
  const address = { host: 'localhost', port: redis.tlsPort ?? 0 };
  await using supervised = supervise(0, { address, tls: tlsOf({ ca: new Secret(otherCa) }) });

  const health = await supervised.check();

  expect(health).toMatchObject({ status: 'fail', reachable: 'fail', fault: { code: 'TLS_CA_UNKNOWN' } });
});
