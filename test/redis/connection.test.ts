import { inspect } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { ConnectionTarget } from '../../src/core/target.ts';
import { type ConnectResult, openConnection } from '../../src/redis/connection.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { type Certificates, testCertificates } from '../support/certificates.ts';
import { startClosingPeer, startHttpPeer, startPeer, startSilentPeer } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { CANARY, targetOf, tlsOf, withPassword } from './ladder-target.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await testCertificates();
});

/** Opens, makes sure that no secret shows and that the time is kept, and closes what a failure leaves nothing of. */
async function open(target: ConnectionTarget, timeoutMs = 500): Promise<ConnectResult> {
  const startedAt = performance.now();
  const result = await openConnection(target, { timeoutMs });
  expect(performance.now() - startedAt).toBeLessThan(timeoutMs + 100);
  const shown = JSON.stringify(result) + inspect(result, { depth: null, showHidden: true });
  expect(shown).not.toContain(CANARY);
  return result;
}

async function connected(target: ConnectionTarget) {
  const result = await open(target);
  if (!result.ok) throw new Error(`No connection: ${result.code}`);
  return result.connection;
}

test('authenticates, selects the database and sets its name', async () => {
  await using redis = await startRedis({ password: CANARY });

  const connection = await connected(targetOf(redis.port, withPassword({ db: 3 })));

  const info = await connection.send('CLIENT', 'INFO');
  connection.destroy();
  expect(info).toMatchObject({ ok: true, value: expect.stringMatching(/ name=test:ladder .* db=3 /) });
  expect(connection.tls).toBeNull();
});

test.each([
  ['the password is wrong', { password: new Secret('wrong') }, 'AUTH_WRONG'],
  ['no password is given', { password: null }, 'AUTH_REQUIRED'],
  ['an empty password is given', { password: new Secret('') }, 'AUTH_REQUIRED'],
  ['the user does not exist', { username: 'nobody' }, 'AUTH_WRONG'],
  ['the database does not exist', { db: 99 }, 'DB_OUT_OF_RANGE'],
] as const)('tells why when %s', async (_name, changes, code) => {
  await using redis = await startRedis({ password: CANARY });

  expect(await open(targetOf(redis.port, withPassword(changes)))).toEqual({ ok: false, code });
});

test('never works in database 0 when another one is refused to the user', async () => {
  await using redis = await startRedis({ users: [`app on >${CANARY} ~* -@all +ping`] });

  const result = await open(targetOf(redis.port, withPassword({ username: 'app', db: 2 })));

  expect(result).toEqual({ ok: false, code: 'ACL_NOPERM' });
});

test('connects over a unix socket, and tells when there is none', async () => {
  await using redis = await startRedis({ unixSocket: true });
  const path = redis.unixSocket ?? '';

  const connection = await connected(targetOf(0, { address: { path } }));
  const missing = await open(targetOf(0, { address: { path: `${path}.none` } }));

  expect(await connection.send('PING', 'x')).toEqual({ ok: true, value: 'x' });
  connection.destroy();
  expect(missing).toEqual({ ok: false, code: 'SOCKET_PATH_MISSING' });
});

test('connects over TLS and tells protocol and validity', async () => {
  const { ca, server } = certificates;
  await using redis = await startRedis({ tls: { ...server, ca, only: true } });
  const address = { host: 'localhost', port: redis.tlsPort ?? 0 };

  const connection = await connected(targetOf(0, { address, tls: tlsOf({ ca: new Secret(ca) }) }));

  connection.destroy();
  expect(connection.tls).toEqual({ protocol: 'TLSv1.3', validTo: expect.any(Number) });
});

test.each([
  ['the authority is unknown', () => ({}), '127.0.0.1', 'TLS_CA_UNKNOWN'],
  [
    'the name is another one',
    () => ({ ca: new Secret(certificates.ca), servername: 'other.example' }),
    'localhost',
    'TLS_HOSTNAME_MISMATCH',
  ],
  ['the material is no PEM', () => ({ ca: new Secret('/etc/ca.pem') }), 'localhost', 'TLS_LOCAL_MATERIAL_INVALID'],
])('tells why TLS fails when %s', async (_name, tls, host, code) => {
  const { ca, server } = certificates;
  await using redis = await startRedis({ tls: { ...server, ca, only: true, clientAuth: true } });
  const address = { host, port: redis.tlsPort ?? 0 };

  const result = await open(targetOf(0, { address, tls: tlsOf(tls()) }));

  expect(result).toEqual({ ok: false, code });
});

test('tells no more than the symptom where TLS 1.3 reveals a missing client certificate too late', async () => {
  const { ca, server } = certificates;
  await using redis = await startRedis({ tls: { ...server, ca, only: true, clientAuth: true } });
  const address = { host: 'localhost', port: redis.tlsPort ?? 0 };

  const result = await open(targetOf(0, { address, tls: tlsOf({ ca: new Secret(ca) }) }));

  expect(['CONN_CLOSED_EARLY', 'TLS_CLIENT_CERT_REQUIRED']).toContain(result.ok || result.code);
});

test('tells that nothing listens', async () => {
  expect(await open(targetOf(await freePort('127.0.0.1')))).toEqual({ ok: false, code: 'CONN_REFUSED' });
});

test('tells that a name does not exist', async () => {
  const result = await open(targetOf(0, { address: { host: 'redis.invalid', port: 6379 } }), 3000);

  expect(result).toMatchObject({ ok: false, code: expect.stringMatching(/^DNS_(NOT_FOUND|TEMPORARY)$/) });
});

test.each([
  ['accepts and stays silent', startSilentPeer, null, 'NO_RESPONSE'],
  ['does not answer a TLS handshake', startSilentPeer, tlsOf(), 'TLS_HANDSHAKE_TIMEOUT'],
  ['closes at once', startClosingPeer, null, 'CONN_CLOSED_EARLY'],
  ['speaks something else', () => startPeer({ greeting: 'SSH-2.0-OpenSSH\r\n' }), null, 'NOT_REDIS'],
])('tells of a peer that %s', async (_name, start, tls, code) => {
  await using peer = await start();

  expect(await open(targetOf(peer.port, withPassword({ tls })))).toEqual({ ok: false, code });
});

test('never connects to a web server', async () => {
  await using peer = await startHttpPeer();

  expect(await open(targetOf(peer.port, withPassword()))).toMatchObject({ ok: false });
});

test('leaves no connection behind when the time is over or the signal comes', async () => {
  await using peer = await startSilentPeer();
  const controller = new AbortController();

  const [late, aborted] = await Promise.all([
    open(targetOf(peer.port), 100),
    openConnection(targetOf(peer.port), { timeoutMs: 10_000, signal: controller.signal }),
    until(() => peer.open.size === 2).then(() => controller.abort()),
  ]);

  expect([late.ok, aborted.ok]).toEqual([false, false]);
  expect(await until(() => peer.open.size === 0)).toBe(true);
});

test('tells that it is closed, and answers commands with that', async () => {
  await using redis = await startRedis();
  const connection = await connected(targetOf(redis.port));

  redis.kill('SIGKILL');
  await connection.closed;

  expect(connection.isOpen).toBe(false);
  expect(await connection.send('PING')).toEqual({ ok: false, code: 'CONN_CLOSED_EARLY', answered: false });
});

test('tells an error of the server from a broken connection', async () => {
  await using redis = await startRedis();
  const connection = await connected(targetOf(redis.port));

  const refused = await connection.send('NOSUCHCOMMAND', CANARY);

  connection.destroy();
  expect(refused).toEqual({ ok: false, code: 'SERVER_ERROR', answered: true });
});
