import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { beforeAll, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { ConnectionTarget, TlsTarget } from '../../src/core/target.ts';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { type Certificates, type KeyPair, testCertificates } from '../support/certificates.ts';
import { startSilentPeer } from '../support/peers.ts';
import { examine, targetOf, tlsOf, verdictOf, withPassword } from './ladder-target.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await testCertificates();
});

const startTlsRedis = (pair: KeyPair, more: { clientAuth?: boolean } = {}, args: string[] = []): Promise<RedisServer> =>
  startRedis({ tls: { ...pair, ca: certificates.ca, only: true, ...more }, args });

function tlsTarget(port: number | null, tls: Partial<TlsTarget>, host = 'localhost'): ConnectionTarget {
  const trusted = tlsOf({ ca: new Secret(certificates.ca), ...tls });
  return targetOf(port ?? 0, { address: { host, port: port ?? 0 }, tls: trusted });
}

test('passes over TLS and tells until when the certificate is valid', async () => {
  await using redis = await startTlsRedis(certificates.server);

  const result = await examine(tlsTarget(redis.tlsPort, {}));

  expect(verdictOf(result)).toBe('pass');
  const days = (Date.parse(result.certificate?.validTo ?? '') - Date.now()) / 86_400_000;
  expect(Math.round(days)).toBe(30);
});

test('passes an address that is an IP in the certificate', async () => {
  await using redis = await startTlsRedis(certificates.server);

  const result = await examine(tlsTarget(redis.tlsPort, {}, '127.0.0.1'));

  expect(verdictOf(result)).toBe('pass');
});

test('passes with a client certificate where the server wants one', async () => {
  await using redis = await startTlsRedis(certificates.server, { clientAuth: true });
  const { cert, key } = certificates.client;

  const result = await examine(tlsTarget(redis.tlsPort, { cert: new Secret(cert), key: new Secret(key) }));

  expect(verdictOf(result)).toBe('pass');
});

test('names a server that only speaks TLS', async () => {
  await using redis = await startTlsRedis(certificates.server);

  const result = await examine(targetOf(redis.tlsPort ?? 0, withPassword()));

  expect(result.fault?.code).toBe('TLS_REQUIRED');
});

test('names a server that does not speak TLS, without waiting for the end of the handshake', async () => {
  await using redis = await startRedis();

  const result = await examine(tlsTarget(redis.port, {}, '127.0.0.1'));

  expect(verdictOf(result)).toBe('fail TLS_NOT_SUPPORTED at tls');
  expect(result.steps.find((step) => step.name === 'tls')?.durationMs).toBeLessThan(900);
});

test('names an unknown authority', async () => {
  await using redis = await startTlsRedis(certificates.server);

  const result = await examine(tlsTarget(redis.tlsPort, { ca: new Secret(certificates.otherCa) }));

  expect(verdictOf(result)).toBe('fail TLS_CA_UNKNOWN at tls');
});

test('names the absence of the private authority', async () => {
  await using redis = await startTlsRedis(certificates.server);

  const result = await examine(tlsTarget(redis.tlsPort, { ca: null }));

  expect(verdictOf(result)).toBe('fail TLS_CA_UNKNOWN at tls');
});

test('accepts any certificate where verification is off', async () => {
  await using redis = await startTlsRedis(certificates.expired);

  const result = await examine(tlsTarget(redis.tlsPort, { ca: null, rejectUnauthorized: false }));

  expect(verdictOf(result)).toBe('pass');
});

test('names an expired certificate', async () => {
  await using redis = await startTlsRedis(certificates.expired);

  const result = await examine(tlsTarget(redis.tlsPort, {}));

  expect(verdictOf(result)).toBe('fail TLS_CERT_EXPIRED at tls');
  expect(Date.parse(result.certificate?.validTo ?? '')).toBeLessThan(Date.now());
});

test('names a certificate for another host, and the name that was looked for', async () => {
  await using redis = await startTlsRedis(certificates.otherHost);

  const result = await examine(tlsTarget(redis.tlsPort, {}));

  expect(verdictOf(result)).toBe('fail TLS_HOSTNAME_MISMATCH at tls');
  expect(result.fault?.cause).toContain('does not carry the name localhost');
});

test('verifies the declared server name instead of the host', async () => {
  await using redis = await startTlsRedis(certificates.otherHost);

  const result = await examine(tlsTarget(redis.tlsPort, { servername: 'elsewhere.example' }));

  expect(verdictOf(result)).toBe('pass');
});

test('names a certificate that is not for servers', async () => {
  await using redis = await startTlsRedis(certificates.client);

  const result = await examine(tlsTarget(redis.tlsPort, {}));

  expect(verdictOf(result)).toBe('fail TLS_CERT_INVALID at tls');
});

test.each(['TLSv1.2', 'TLSv1.3'])('names a missing client certificate in %s', async (protocol) => {
  await using redis = await startTlsRedis(certificates.server, { clientAuth: true }, ['--tls-protocols', protocol]);

  const result = await examine(tlsTarget(redis.tlsPort, {}));

  expect(verdictOf(result)).toBe('fail TLS_CLIENT_CERT_REQUIRED at tls');
});

test.each(['TLSv1.2', 'TLSv1.3'])('names a client certificate that is refused in %s', async (protocol) => {
  await using redis = await startTlsRedis(certificates.server, { clientAuth: true }, ['--tls-protocols', protocol]);
  const { cert, key } = certificates.expired;

  const result = await examine(tlsTarget(redis.tlsPort, { cert: new Secret(cert), key: new Secret(key) }));

  expect(verdictOf(result)).toBe('fail TLS_CLIENT_CERT_REJECTED at tls');
});

test('names versions without any in common', async () => {
  await using redis = await startTlsRedis(certificates.server, {}, ['--tls-protocols', 'TLSv1.2']);

  const result = await examine(tlsTarget(redis.tlsPort, { minVersion: 'TLSv1.3' }));

  expect(verdictOf(result)).toBe('fail TLS_VERSION_MISMATCH at tls');
});

test('names ciphers without any in common', async () => {
  await using server = await startTlsServer({
    cert: certificates.server.cert,
    key: certificates.server.key,
    maxVersion: 'TLSv1.2',
    ciphers: 'AES128-SHA256',
  });

  const result = await examine(tlsTarget(server.port, {}));

  expect(verdictOf(result)).toBe('fail TLS_HANDSHAKE_FAILED at tls');
});

test('names a peer within TLS that is not Redis', async () => {
  const { cert, key } = certificates.server;
  await using server = await startTlsServer({ cert, key }, 'HTTP/1.1 400 Bad Request\r\n\r\n');

  const result = await examine(tlsTarget(server.port, {}));

  expect(verdictOf(result)).toBe('fail NOT_REDIS at ping');
});

test('names a frozen server behind TLS', async () => {
  await using redis = await startTlsRedis(certificates.server);
  redis.kill('SIGSTOP');

  const result = await examine(tlsTarget(redis.tlsPort, {}));

  expect(verdictOf(result)).toBe('fail TLS_HANDSHAKE_TIMEOUT at tls');
});

test('names clients that are paused behind TLS', async () => {
  await using redis = await startTlsRedis(certificates.server);
  await redis.cli('CLIENT', 'PAUSE', '10000', 'ALL');

  const result = await examine(tlsTarget(redis.tlsPort, {}));

  expect(verdictOf(result)).toBe('fail CLIENTS_PAUSED at ping');
});

test.each([
  ['a path in place of the CA', { ca: new Secret('/etc/ssl/ca.pem') }],
  ['a certificate without its key', { cert: new Secret('-----BEGIN CERTIFICATE-----') }],
  ['no PEM at all', { cert: new Secret('x'), key: new Secret('y') }],
])('names %s without touching the network', async (_name, tls) => {
  await using peer = await startSilentPeer();

  const result = await examine(tlsTarget(peer.port, tls));

  expect(verdictOf(result)).toBe('fail TLS_LOCAL_MATERIAL_INVALID at tls');
  expect(result.steps.filter((step) => step.status === 'skip')).toHaveLength(8);
});

test('names a key that belongs to another certificate', async () => {
  const pair = { cert: new Secret(certificates.client.cert), key: new Secret(certificates.server.key) };

  const result = await examine(tlsTarget(6379, pair));

  expect(verdictOf(result)).toBe('fail TLS_LOCAL_MATERIAL_INVALID at tls');
});

/** A TLS server that is not Redis, for what a redis-server cannot be told to do. */
async function startTlsServer(options: TlsOptions, answer = ''): Promise<AsyncDisposable & { port: number }> {
  const server = createServer(options, (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.end(answer));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}
