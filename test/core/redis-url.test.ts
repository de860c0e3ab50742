import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatRedisUrl, parseRedisUrl } from '../../src/core/redis-url.ts';
import { Secret } from '../../src/core/secret.ts';

/** Any text that can be encoded, mostly with what URLs treat specially. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).filter((each) => each.isWellFormed()),
  fc.string({
    unit: fc.constantFrom(...':/?#[]@!$&\'()*+,;=%\\"<>^`{|} \t\n\u0000é漢😀'),
    minLength: 1,
    maxLength: 20,
  }),
);
const host = fc.constantFrom('localhost', 'redis.example', '10.0.0.1', '::1', '2001:db8::2');
const parts = fc.record({
  address: fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }),
  tls: fc.boolean(),
  username: text,
  password: text,
  db: fc.integer({ min: 0, max: 16_383 }),
});

test('a URL that is written is read as what was written, whatever user and password are', () => {
  fc.assert(
    fc.property(parts, ({ password, ...rest }) => {
      const url = formatRedisUrl({ ...rest, password: new Secret(password) }) ?? '';
      const parsed = parseRedisUrl(new Secret(url));
      if (!parsed.ok) throw new Error(parsed.problem);
      const { portGiven, password: secret, ...read } = parsed.parts;

      expect({ ...read, password: secret?.reveal() }).toEqual({ ...rest, password });
      expect(portGiven).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('other clients read the same: unreserved characters only, and `URL` decodes to the same', () => {
  fc.assert(
    fc.property(parts, ({ password, ...rest }) => {
      const url = formatRedisUrl({ ...rest, password: new Secret(password) }) ?? '';
      const standard = new URL(url);

      expect(url).toMatch(/^rediss?:\/\/[A-Za-z0-9._~%-]+:[A-Za-z0-9._~%-]+@(\[[0-9a-f:]+\]|[a-z0-9.]+):\d+\/\d+$/);
      expect([decodeURIComponent(standard.username), decodeURIComponent(standard.password)]).toEqual([
        rest.username,
        password,
      ]);
    }),
    { numRuns: 500 },
  );
});

const PLAIN = { address: { host: 'h', port: 6379 }, tls: false, username: null, password: null, db: 0 };

test.each<[string, Parameters<typeof formatRedisUrl>[0], string | null]>([
  ['without credentials', PLAIN, 'redis://h:6379/0'],
  ['with TLS', { ...PLAIN, tls: true }, 'rediss://h:6379/0'],
  [
    'a password without a user is that of default',
    { ...PLAIN, password: new Secret('pa@ss') },
    'redis://default:pa%40ss@h:6379/0',
  ],
  ['a user without a password is left out', { ...PLAIN, username: 'u' }, 'redis://h:6379/0'],
  [
    'sub-delimiters are encoded',
    { ...PLAIN, username: 'u', password: new Secret("!'()*") },
    'redis://u:%21%27%28%29%2A@h:6379/0',
  ],
  ['IPv6 is bracketed', { ...PLAIN, address: { host: '::1', port: 1 } }, 'redis://[::1]:1/0'],
  ['a socket has none', { ...PLAIN, address: { path: '/run/redis.sock' } }, null],
  ['an IPv6 zone has none', { ...PLAIN, address: { host: 'fe80::1%eth0', port: 1 } }, null],
])('writes a URL: %s', (_title, given, expected) => {
  expect(formatRedisUrl(given)).toBe(expected);
});

test.each<[string, object]>([
  [
    'redis://h',
    {
      address: { host: 'h', port: 6379 },
      portGiven: false,
      tls: false,
      username: undefined,
      password: undefined,
      db: undefined,
    },
  ],
  [
    'rediss://h:1/',
    {
      address: { host: 'h', port: 1 },
      portGiven: true,
      tls: true,
      username: undefined,
      password: undefined,
      db: undefined,
    },
  ],
  [
    'redis://secret@h/3',
    {
      address: { host: 'h', port: 6379 },
      portGiven: false,
      tls: false,
      username: 'secret',
      password: undefined,
      db: 3,
    },
  ],
  [
    'redis://:pw@[::1]:2/0',
    {
      address: { host: '::1', port: 2 },
      portGiven: true,
      tls: false,
      username: undefined,
      password: new Secret('pw'),
      db: 0,
    },
  ],
  [
    'unix:///run/redis.sock',
    {
      address: { path: '/run/redis.sock' },
      portGiven: false,
      tls: undefined,
      username: undefined,
      password: undefined,
      db: undefined,
    },
  ],
])('reads what %j states, and nothing that it does not', (url, expected) => {
  expect(parseRedisUrl(new Secret(url))).toEqual({ ok: true, parts: expected });
});
