import { hostProblem, parsePort } from './address.ts';
import { Secret } from './secret.ts';
import type { Address } from './target.ts';

export type UrlProblem =
  | 'scheme'
  | 'scheme-case'
  | 'syntax'
  | 'host'
  | 'port'
  | 'database'
  | 'encoding'
  | 'query'
  | 'blank';

/** Words for what is wrong with a URL; they never repeat it, because it holds a password. */
export const URL_PROBLEMS = {
  scheme: ['The URL has no scheme that Redis knows.', 'Use redis://, rediss:// (TLS) or unix:/path.'],
  'scheme-case': [
    'The scheme is in upper case; ioredis then silently connects without TLS.',
    'Write it in lower case.',
  ],
  syntax: [
    'The URL cannot be read; most often the password holds one of / # ? @ and is not percent-encoded.',
    'Percent-encode user and password, or set the password in a variable of its own.',
  ],
  host: ['The URL has no valid host.', 'Write redis://host:port/db.'],
  port: ['The port in the URL is not a whole number from 1 to 65535.', 'Write redis://host:port/db.'],
  database: ['The path of the URL is not a database number.', 'End the URL with /0, /1, ...'],
  encoding: ['User or password hold a % that is no percent-encoding.', 'Write %25 for a per cent sign.'],
  query: [
    'The URL has a query or fragment; clients read it differently, and some crash on it.',
    'Remove it: time-outs, pool and TLS are settings of the catalog.',
  ],
  blank: ['The URL begins or ends with white space.', 'Remove the blank or line break.'],
} as const satisfies Record<UrlProblem, readonly [message: string, fix: string]>;

/** The parts that a URL states; what it does not state is undefined. */
export interface RedisUrlParts {
  readonly address: Address;
  readonly portGiven: boolean;
  readonly tls: boolean | undefined;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly db: number | undefined;
}

export type ParsedRedisUrl =
  | { readonly ok: true; readonly parts: RedisUrlParts }
  | { readonly ok: false; readonly problem: UrlProblem };

const SHAPE = /^(rediss?):\/\/(?:([^@/?#]*)@)?(\[[^\]]*\]|[^:/?#@]*)(?::([^/?#@]*))?(?:\/([^?#]*))?([?#].*)?$/s;

/**
 * Reads `redis[s]://[user[:password]@]host[:port][/db]` and `unix:/path`. Stricter than any client, on purpose:
 * what two clients would read differently is a problem here. `redis://secret@host` is a user, as in IANA's registration.
 */
export function parseRedisUrl(url: Secret): ParsedRedisUrl {
  const text = url.reveal();
  if (text !== text.trim()) return { ok: false, problem: 'blank' };
  if (/^unix:/.test(text)) return parseUnix(text);
  if (!/^rediss?:\/\//.test(text))
    return { ok: false, problem: /^rediss?:\/\//i.test(text) ? 'scheme-case' : 'scheme' };
  const match = SHAPE.exec(text);
  if (match === null) return { ok: false, problem: 'syntax' };
  const [, scheme, userinfo, rawHost = '', rawPort, rawDb, rest] = match;
  // an @ that ends no user and password: one of / # ? stands before it, in the password
  if (userinfo === undefined && text.includes('@')) return { ok: false, problem: 'syntax' };
  if (rest !== undefined) return { ok: false, problem: 'query' };
  return assemble(scheme === 'rediss', userinfo, rawHost, rawPort, rawDb);
}

function assemble(
  tls: boolean,
  userinfo: string | undefined,
  rawHost: string,
  rawPort: string | undefined,
  rawDb: string | undefined,
): ParsedRedisUrl {
  const host = rawHost.startsWith('[') ? rawHost.slice(1, -1) : rawHost;
  if (hostProblem(host, rawHost.startsWith('[')) !== null) return { ok: false, problem: 'host' };
  const port = rawPort === undefined ? 6379 : parsePort(rawPort);
  if (port === null) return { ok: false, problem: 'port' };
  if (rawDb !== undefined && rawDb !== '' && !/^\d{1,9}$/.test(rawDb)) return { ok: false, problem: 'database' };
  const credentials = decodeUserinfo(userinfo);
  if (credentials === null) return { ok: false, problem: 'encoding' };
  const db = rawDb === undefined || rawDb === '' ? undefined : Number(rawDb);
  return { ok: true, parts: { address: { host, port }, portGiven: rawPort !== undefined, tls, ...credentials, db } };
}

function parseUnix(text: string): ParsedRedisUrl {
  const path = text.replace(/^unix:(\/\/)?/, '');
  if (!/^\/[^?#]+$/.test(path)) return { ok: false, problem: /[?#]/.test(path) ? 'query' : 'host' };
  return {
    ok: true,
    parts: {
      address: { path },
      portGiven: false,
      tls: undefined,
      username: undefined,
      password: undefined,
      db: undefined,
    },
  };
}

function decodeUserinfo(
  userinfo: string | undefined,
): { username: string | undefined; password: Secret | undefined } | null {
  if (userinfo === undefined) return { username: undefined, password: undefined };
  const colon = userinfo.indexOf(':');
  try {
    const username = decodeURIComponent(colon < 0 ? userinfo : userinfo.slice(0, colon));
    const password = colon < 0 ? '' : decodeURIComponent(userinfo.slice(colon + 1));
    return { username: username || undefined, password: password === '' ? undefined : new Secret(password) };
  } catch {
    return null; // URIError: its text would repeat the input
  }
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * The portable URL: lower-case scheme, always a user where there is a password, always port and database,
 * RFC 3986 unreserved characters only, no query. Null for a unix socket and for an IPv6 zone: no URL means the same to
 * all clients.
 */
export function formatRedisUrl(parts: {
  address: Address;
  tls: boolean;
  username: string | null;
  password: Secret | null;
  db: number;
}): string | null {
  if ('path' in parts.address) return null;
  const { host, port } = parts.address;
  if (host.includes('%')) return null;
  const user = encode(parts.username ?? 'default');
  const credentials = parts.password === null ? '' : `${user}:${encode(parts.password.reveal())}@`;
  return `redis${parts.tls ? 's' : ''}://${credentials}${host.includes(':') ? `[${host}]` : host}:${port}/${parts.db}`;
}
