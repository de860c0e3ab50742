import { expect, test } from 'vitest';
import { formatAddress, isLoopback, parseAddress } from '../../src/core/address.ts';

test.each<[string, object]>([
  ['dev-redis:6379', { address: { host: 'dev-redis', port: 6379 }, portGiven: true }],
  ['dev-redis', { address: { host: 'dev-redis', port: 6379 }, portGiven: false }],
  ['redis.example.:1', { address: { host: 'redis.example.', port: 1 }, portGiven: true }],
  ['10.0.0.1:65535', { address: { host: '10.0.0.1', port: 65_535 }, portGiven: true }],
  ['[::1]:6380', { address: { host: '::1', port: 6380 }, portGiven: true }],
  ['[2001:db8::1]', { address: { host: '2001:db8::1', port: 6379 }, portGiven: false }],
  ['[fe80::1%eth0]:1', { address: { host: 'fe80::1%eth0', port: 1 }, portGiven: true }],
  ['[::ffff:10.0.0.1]:1', { address: { host: '::ffff:10.0.0.1', port: 1 }, portGiven: true }],
  ['unix:/run/redis.sock', { address: { path: '/run/redis.sock' }, portGiven: false }],
  ['unix:///run/redis.sock', { address: { path: '/run/redis.sock' }, portGiven: false }],
])('reads the address %j', (text, expected) => {
  expect(parseAddress(text)).toEqual({ ok: true, ...expected });
});

test.each<[string, string]>([
  ['', 'host'],
  ['::1', 'host'],
  ['[1.2.3.4]:1', 'host'],
  ['[cafe:6379]:1', 'host'],
  ['[:::]:1', 'host'],
  ['-redis:1', 'host'],
  [`${'a'.repeat(64)}:1`, 'host'],
  ['my redis:1', 'blank'],
  ['redis:1\n', 'port'],
  ['my_redis:1', 'underscore'],
  ['redis:', 'port'],
  ['redis:0', 'port'],
  ['redis:06379', 'port'],
  ['redis:65536', 'port'],
  ['redis:6379/0', 'port'],
  ['redis://h:1', 'scheme'],
  ['user@h:1', 'credentials'],
  ['unix:run/redis.sock', 'socket-path'],
  ['unix:/', 'socket-path'],
])('refuses the address %j', (text, problem) => {
  expect(parseAddress(text)).toEqual({ ok: false, problem });
});

test.each(['h:1', '[::1]:1', 'unix:/s'])('writes %s as it was read', (text) => {
  const parsed = parseAddress(text);

  expect(parsed.ok && formatAddress(parsed.address)).toBe(text);
});

test('knows what means this machine', () => {
  expect(
    ['localhost', 'LOCALHOST', 'x.localhost', '127.0.0.1', '127.9.9.9', '::1', '0.0.0.0'].filter(
      (host) => !isLoopback(host),
    ),
  ).toEqual([]);
  expect(['redis', '10.0.0.1', 'localhost.example', '1270.0.0.1'].filter(isLoopback)).toEqual([]);
});
