import { expect, test } from 'vitest';
import {
  MYSQL_BANNER,
  SMTP_BANNER,
  SSH_BANNER,
  startClosingPeer,
  startCommandPeer,
  startEndlessOkPeer,
  startHttpPeer,
  startMemcachedPeer,
  startPeer,
  startPostgresPeer,
  startResettingPeer,
  startSilentPeer,
} from '../support/peers.ts';
import { CANARY, examine, targetOf, tlsOf, verdictOf, warningsOf, withPassword } from './ladder-target.ts';

test.each([
  ['an SSH server', SSH_BANNER],
  ['a mail server', SMTP_BANNER],
  ['MySQL', MYSQL_BANNER],
  ['a talker that greets in RESP', '+OK\r\n'],
  ['a talker without an end of line', '+OK'],
])('names %s on the port before anything is sent', async (_name, greeting) => {
  await using peer = await startPeer({ greeting });

  const result = await examine(targetOf(peer.port));

  expect(verdictOf(result)).toBe('fail NOT_REDIS at listen');
});

test.each([
  ['a web server', startHttpPeer],
  ['Memcached', startMemcachedPeer],
  ['PostgreSQL', startPostgresPeer],
  ['an endless +OK', startEndlessOkPeer],
  ['an echo', () => startPeer({ answer: (received) => received })],
  ['a wrong answer to PING', () => startCommandPeer({ PING: ':1\r\n' })],
])('names a peer that is not Redis: %s', async (_name, start) => {
  await using peer = await start();

  const result = await examine(targetOf(peer.port, withPassword()));

  expect(verdictOf(result)).toBe('fail NOT_REDIS at ping');
});

test('does not believe a peer that always says PONG', async () => {
  await using peer = await startCommandPeer({ PING: '+PONG\r\n', HELLO: '-NOPROTO\r\n', INFO: '$0\r\n\r\n' });

  const result = await examine(targetOf(peer.port));

  expect(verdictOf(result)).toBe('fail NOT_REDIS at nonce');
});

test.each([
  ['accepts and closes', startClosingPeer, 'listen'],
  ['accepts and resets', () => startResettingPeer(10), 'listen'],
  ['resets a moment later', () => startResettingPeer(300), 'ping'],
])('names a proxy without a backend that %s', async (_name, start, step) => {
  await using peer = await start();

  const result = await examine(targetOf(peer.port));

  expect(verdictOf(result)).toBe(`fail CONN_CLOSED_EARLY at ${step}`);
});

test('names a peer that accepts and stays silent', async () => {
  await using peer = await startSilentPeer();

  const result = await examine(targetOf(peer.port));

  expect(verdictOf(result)).toBe('fail NO_RESPONSE at ping');
});

test('names a peer that stays silent in the TLS handshake', async () => {
  await using peer = await startSilentPeer();

  const result = await examine(targetOf(peer.port, { tls: tlsOf() }));

  expect(verdictOf(result)).toBe('fail TLS_HANDSHAKE_TIMEOUT at tls');
});

test.each([
  ['a web server', startHttpPeer, 'NOT_REDIS'],
  ['a proxy without a backend', startClosingPeer, 'CONN_CLOSED_EARLY'],
  ['an SSH server', () => startPeer({ greeting: SSH_BANNER }), 'NOT_REDIS'],
])('names %s although TLS is declared', async (_name, start, code) => {
  await using peer = await start();

  const result = await examine(targetOf(peer.port, { tls: tlsOf() }));

  expect(verdictOf(result)).toBe(`fail ${code} at tls`);
});

test.each([
  ['closes the connection', null],
  ['answers with an error of its own', "-ERR unsupported command 'hello'\r\n"],
])('names a proxy that on HELLO %s', async (_name, HELLO) => {
  await using peer = await startCommandPeer({ PING: '+PONG\r\n', HELLO });

  const result = await examine(targetOf(peer.port));

  expect(verdictOf(result)).toBe('fail HELLO_UNSUPPORTED at hello');
});

const PROTECTED = '-DENIED Redis is running in protected mode because protected mode is enabled\r\n';

test('names protected mode', async () => {
  await using peer = await startPeer({ greeting: PROTECTED, onConnect: (socket) => setTimeout(() => socket.end(), 5) });

  const result = await examine(targetOf(peer.port, withPassword()));

  expect(verdictOf(result)).toBe('fail PROTECTED_MODE at listen');
});

const UNKNOWN = "-ERR unknown command 'x', with args beginning with: %args\r\n";

test('keeps the credentials in that a server with a renamed AUTH quotes', async () => {
  await using peer = await startCommandPeer({
    PING: '-NOAUTH Authentication required.\r\n',
    AUTH: UNKNOWN,
    HELLO: UNKNOWN,
  });

  const result = await examine(targetOf(peer.port, withPassword({ username: CANARY })));

  expect(verdictOf(result)).toBe('fail SERVER_ERROR at hello');
});

const INFO_5 = '# Server\r\nredis_version:5.0.14\r\nredis_mode:standalone\r\n# Replication\r\nrole:slave\r\n';

test('learns from INFO what a server is that does not know HELLO', async () => {
  await using peer = await startPeer({
    answer: (received) => {
      if (received.includes('HELLO')) return '-ERR unknown command `HELLO`, with args beginning with: `3`, \r\n';
      if (received.includes('INFO')) return `$${INFO_5.length}\r\n${INFO_5}\r\n`;
      const nonce = /\r\n([0-9a-f]{16})\r\n/.exec(received)?.[1];
      return nonce === undefined ? '+PONG\r\n' : `$16\r\n${nonce}\r\n`;
    },
  });

  const result = await examine(targetOf(peer.port));

  expect(verdictOf(result)).toBe('pass');
  expect(result.server).toEqual({ version: '5.0.14', mode: 'standalone', role: 'replica' });
  expect(warningsOf(result)).toEqual(['READ_ONLY_REPLICA']);
});

test.each([
  [
    'a user name',
    { username: 'app' },
    "-ERR wrong number of arguments for 'auth' command\r\n",
    'AUTH_USERNAME_UNSUPPORTED',
  ],
  ['a wrong password', {}, '-ERR invalid password\r\n', 'AUTH_WRONG'],
])('names %s that an old server objects to', async (_name, changes, AUTH, code) => {
  await using peer = await startCommandPeer({ PING: '-NOAUTH Authentication required.\r\n', AUTH });

  const result = await examine(targetOf(peer.port, withPassword(changes)));

  expect(verdictOf(result)).toBe(`fail ${code} at auth`);
});
