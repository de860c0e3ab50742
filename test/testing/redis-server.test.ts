import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { expect, it } from 'vitest';
import { redisCommand } from '../../src/testing/redis-command.ts';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { testCertificates } from '../support/certificates.ts';
import { processes, processOf } from '../support/processes.ts';

it('answers on a free loopback port with nothing kept on disk', async () => {
  await using redis = await startRedis();

  expect(await redis.cli('PING')).toBe('PONG');
  expect(redis.host).toBe('127.0.0.1');
  expect(await redis.cli('CONFIG', 'GET', 'bind')).toBe('bind\n127.0.0.1');
  expect(await redis.cli('CONFIG', 'GET', 'save')).toBe('save\n');
  expect(await redis.cli('CONFIG', 'GET', 'appendonly')).toBe('appendonly\nno');
});

it('starts many at the same time, each with its own port, folder and process', async () => {
  const servers = await Promise.all(Array.from({ length: 8 }, () => startRedis()));
  try {
    expect(new Set(servers.map((each) => each.port)).size).toBe(8);
    expect(new Set(servers.map((each) => each.directory)).size).toBe(8);
    expect(new Set(servers.map((each) => each.pid)).size).toBe(8);
  } finally {
    await Promise.all(servers.map((each) => each.stop()));
  }
});

it.each([
  ['plain', 'secret'],
  ['quotes, blanks and backslashes', ` a"b'c \\ d `],
  ['other alphabets and a line break', 'pässwört\n密码'],
  ['what a shell and a configuration file would read', '# $(id) %s {}'],
])('asks for the password: %s', async (_, password) => {
  await using redis = await startRedis({ password });

  expect(await redis.cli('PING')).toBe('PONG');
  await expect(anonymous(redis, 'PING')).rejects.toThrow('redis-server answered: NOAUTH Authentication required.');
});

it('takes users with their rules', async () => {
  await using redis = await startRedis({ users: ['reader on >alpha ~* +get +ping', 'user off off >beta'] });

  expect(await redis.cli('AUTH', 'reader', 'alpha')).toBe('OK');
  await expect(redis.cli('AUTH', 'reader', 'beta')).rejects.toThrow('WRONGPASS');
  await expect(redis.cli('AUTH', 'off', 'beta')).rejects.toThrow('WRONGPASS');
});

it('passes further arguments, its number of databases and a unix socket on', async () => {
  await using redis = await startRedis({ args: ['--maxmemory', '3mb'], databases: 2, unixSocket: true });

  expect(await redis.cli('CONFIG', 'GET', 'maxmemory')).toBe('maxmemory\n3145728');
  expect(await redis.cli('CONFIG', 'GET', 'databases')).toBe('databases\n2');
  expect(redis.unixSocket).toBe(join(redis.directory, 'redis.sock'));
});

it('runs as a cluster node too, whose bus listens 10000 ports above', async () => {
  await using redis = await startRedis({ args: ['--cluster-enabled', 'yes'] });

  expect(await redis.cli('CLUSTER', 'INFO')).toContain('cluster_known_nodes:1');
});

it('speaks TLS with the given certificate beside the plaintext port', async () => {
  const { ca, server } = await testCertificates();
  await using redis = await startRedis({ tls: { ...server, ca } });

  expect(await pingOverTls(redis, { ca, servername: 'localhost' })).toBe('+PONG\r\n');
  expect(await redis.cli('PING')).toBe('PONG');
});

it('demands a client certificate when told so', async () => {
  const { ca, server, client } = await testCertificates();
  await using redis = await startRedis({ tls: { ...server, ca, clientAuth: true } });

  await expect(pingOverTls(redis, { ca })).rejects.toThrow('certificate required');
  expect(await pingOverTls(redis, { ca, ...client })).toBe('+PONG\r\n');
});

it('has no plaintext port when TLS is the only way in', async () => {
  const { ca, server } = await testCertificates();
  await using redis = await startRedis({ tls: { ...server, ca, only: true } });

  expect(redis.port).toBe(0);
  expect(await pingOverTls(redis, { ca })).toBe('+PONG\r\n');
  expect(await redis.cli('CONFIG', 'GET', 'port')).toBe('port\n0');
});

it('shows a client the certificate that is out of date and the one for another host', async () => {
  const { ca, expired, otherHost } = await testCertificates();
  await using late = await startRedis({ tls: { ...expired, ca } });
  await using elsewhere = await startRedis({ tls: { ...otherHost, ca } });

  await expect(pingOverTls(late, { ca })).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  await expect(pingOverTls(elsewhere, { ca })).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

it('keeps secrets off the command lines and in files for its user alone', async () => {
  await using redis = await startRedis({ password: 'topsecret', users: ['alice on >alsosecret'] });
  const commandLines = [redis.pid, parentOf(redis.pid)].map((pid) => processOf(pid)?.args).join('\n');

  expect(commandLines).toContain(redis.directory);
  expect(commandLines).not.toContain('secret');
  expect(statSync(redis.directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(redis.directory, 'redis.conf')).mode & 0o777).toBe(0o600);
});

it('keeps its port, folder and options over a restart after SIGKILL', async () => {
  await using redis = await startRedis({ password: 'secret', args: ['--maxmemory', '3mb'] });
  const { port, directory, pid } = redis;

  redis.kill('SIGKILL');
  await redis.ended();
  await expect(redis.cli('PING')).rejects.toThrow('No answer from redis-server: no connection.');
  await redis.restart();

  expect(await redis.cli('CONFIG', 'GET', 'maxmemory')).toBe('maxmemory\n3145728');
  expect({ port: redis.port, directory: redis.directory }).toEqual({ port, directory });
  expect(redis.pid).not.toBe(pid);
});

it('restarts a running server with another password and other arguments', async () => {
  await using redis = await startRedis({ password: 'old', args: ['--maxmemory', '3mb'] });

  await redis.restart({ password: 'new', args: [] });

  expect(redis.password).toBe('new');
  expect(await redis.cli('CONFIG', 'GET', 'maxmemory')).toBe('maxmemory\n0');
  await expect(redis.cli('AUTH', 'old')).rejects.toThrow('WRONGPASS');
});

it('is frozen by SIGSTOP and answers again after SIGCONT', async () => {
  await using redis = await startRedis();

  redis.kill('SIGSTOP');
  await expect.poll(() => stateOf(redis.pid)).toMatch(/^T/);
  const answer = redis.cli('PING');
  redis.kill('SIGCONT');

  expect(await answer).toBe('PONG');
});

it('stops a frozen server and one that has ended before, and may be stopped twice', async () => {
  const frozen = await startRedis();
  const dead = await startRedis();
  frozen.kill('SIGSTOP');
  dead.kill('SIGTERM');
  await dead.ended();

  await Promise.all([frozen.stop(), frozen.stop(), dead.stop()]);

  expect([frozen, dead].map((each) => existsSync(each.directory))).toEqual([false, false]);
  expect(() => frozen.pid).toThrow('This redis-server does not run.');
  expect(() => dead.kill('SIGKILL')).toThrow('This redis-server does not run.');
});

it('ends the child that writes a snapshot with the server', async () => {
  await using redis = await startRedis({ args: ['--rdb-key-save-delay', '60000000'] });
  await redis.cli('SET', 'key', 'value');
  await redis.cli('BGSAVE');
  await expect.poll(() => childrenOf(redis.pid)).toHaveLength(1);
  const [writer] = childrenOf(redis.pid);

  await redis.stop();

  await expect.poll(() => stateOf(Number(writer))).toMatch(/^(Z.*)?$/);
});

it('cleans up although its watcher was killed', async () => {
  const redis = await startRedis();
  const { pid } = redis;

  process.kill(parentOf(pid), 'SIGKILL');
  await redis.ended();
  await redis.stop();

  expect(stateOf(pid)).toMatch(/^(Z.*)?$/);
  expect(existsSync(redis.directory)).toBe(false);
});

it('says that a given port is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  await expect(startRedis({ port })).rejects.toThrow(/^redis-server did not start: its port is taken\.$/);
  server.close();
});

it.each([
  ['an unknown option', { args: ['--nonsense', '1'] }, /^redis-server refuses "nonsense": Bad directive/],
  [
    'a wrong value',
    { args: ['--maxmemory', 'x'] },
    /^redis-server refuses "maxmemory": argument must be a memory value$/,
  ],
  [
    'a wrong rule, without quoting it',
    { users: ['alice on topsecret'] },
    /^redis-server refuses "user": its value is not valid$/,
  ],
  ['a rule with a line break', { users: ['alice on\nport 1'] }, /^An ACL rule for redis-server is one line\.$/],
  ['arguments without an option', { args: ['64mb'] }, /^The arguments of redis-server start with an option/],
  ['a certificate that is none', { tls: { cert: 'x', key: 'x', ca: 'x' } }, /^redis-server ended with status 1: .*TLS/],
  [
    'an address of another machine',
    { host: '192.0.2.1' },
    /^Nothing can listen on 192\.0\.2\.1: no address of this machine\.$/,
  ],
])('tells why it does not start: %s', async (_, options, message) => {
  await expect(startRedis(options)).rejects.toThrow(message);
});

/** Answers as a connection without AUTH gets them. */
function anonymous(redis: RedisServer, ...args: string[]): Promise<string> {
  return redisCommand({ host: redis.host, port: redis.port }, args, { password: null, timeoutMs: 5000 });
}

async function pingOverTls(redis: RedisServer, options: ConnectionOptions): Promise<string> {
  const socket = connectTls({ host: redis.host, port: redis.tlsPort ?? 0, ...options });
  try {
    socket.write('PING\r\n');
    const [answer] = await once(socket, 'data');
    return String(answer);
  } finally {
    socket.destroy();
  }
}

/** The state as `ps` shows it, empty for a process that is gone. */
function stateOf(pid: number): string {
  return processOf(pid)?.state ?? '';
}

function parentOf(pid: number): number {
  return processOf(pid)?.ppid ?? 0;
}

function childrenOf(pid: number): string[] {
  return processes().flatMap((entry) => (entry.ppid === pid ? [String(entry.pid)] : []));
}
