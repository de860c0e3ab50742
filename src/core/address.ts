import * as z from 'zod';
import type { Address } from './target.ts';

export const DEFAULT_PORT = 6379;

export type AddressProblem = 'scheme' | 'blank' | 'underscore' | 'port' | 'host' | 'socket-path' | 'credentials';

export type ParsedAddress =
  | { readonly ok: true; readonly address: Address; readonly portGiven: boolean }
  | { readonly ok: false; readonly problem: AddressProblem };

/** What is wrong with an address, in words that do not repeat it: it may hold a password. */
export const ADDRESS_PROBLEMS = {
  scheme: ['The address has a scheme.', 'Write host:port only; TLS goes to `tls.enabled`, the database to `db`.'],
  blank: ['The address contains a blank.', 'Remove the blank.'],
  underscore: [
    'The host name contains an underscore, which Java clients and TLS certificates do not accept.',
    'Give the host a name with hyphens (in Compose: a network alias).',
  ],
  port: ['The port is not a whole number from 1 to 65535.', 'Write host:port, for example dev-redis:6379.'],
  host: ['The address has no valid host.', 'Write host:port, [IPv6]:port or unix:/path.'],
  'socket-path': ['The socket path is not absolute.', 'Write unix:/absolute/path.'],
  credentials: [
    'The address carries a user or password.',
    'Write host:port only; credentials go to `auth`, the password as { env: NAME } or { file: PATH }.',
  ],
} as const satisfies Record<AddressProblem, readonly [message: string, fix: string]>;

/** Parses `host:port`, `host`, `[v6]:port` or `unix:/path`. */
export function parseAddress(text: string): ParsedAddress {
  if (text.startsWith('unix:')) return parseSocket(text.slice('unix:'.length));
  if (/:\/\//.test(text)) return { ok: false, problem: 'scheme' };
  if (text.includes('@')) return { ok: false, problem: 'credentials' };
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text);
  if (match === null) return { ok: false, problem: /\s/.test(text) ? 'blank' : 'host' };
  const host = match[1] ?? match[2] ?? '';
  const problem = hostProblem(host, match[1] !== undefined);
  if (problem !== null) return { ok: false, problem };
  const port = match[3] === undefined ? DEFAULT_PORT : parsePort(match[3]);
  if (port === null) return { ok: false, problem: 'port' };
  return { ok: true, address: { host, port }, portGiven: match[3] !== undefined };
}

function parseSocket(path: string): ParsedAddress {
  const absolute = path.startsWith('//') ? path.slice(path.startsWith('///') ? 2 : 0) : path;
  if (!absolute.startsWith('/') || absolute.startsWith('//') || absolute.length < 2)
    return { ok: false, problem: 'socket-path' };
  return { ok: true, address: { path: absolute }, portGiven: false };
}

/** What is wrong with a bare host name or IP literal; null: nothing. */
export function hostProblem(host: string, bracketed = host.includes(':')): AddressProblem | null {
  if (/\s/.test(host)) return 'blank';
  if (host.includes('://')) return 'scheme';
  if (host.includes('@')) return 'credentials';
  if (bracketed) return isIpv6(host) ? null : 'host';
  if (host.includes('_')) return 'underscore';
  const labels =
    /^(?=.{1,253}$)[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\.?$/;
  return labels.test(host) ? null : 'host';
}

/** An IPv6 literal, perhaps with a zone. `cafe:6379` is a host and a port, not one of them. */
function isIpv6(text: string): boolean {
  return z.ipv6().safeParse(text.replace(/%[0-9a-zA-Z.-]+$/, '')).success;
}

/** A port from 1 to 65535 in plain digits; null: none. */
export function parsePort(text: string): number | null {
  if (!/^[1-9]\d{0,4}$/.test(text)) return null;
  const port = Number(text);
  return port <= 65_535 ? port : null;
}

/** `host:port`, `[v6]:port` or `unix:/path`. */
export function formatAddress(address: Address): string {
  if ('path' in address) return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** True for names and literals that mean "this machine, or this container". */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(?:\.\d{1,3}){3}|::1|0\.0\.0\.0|::)$/i.test(host) || host.toLowerCase().endsWith('.localhost');
}

export function sameAddress(a: Address, b: Address): boolean {
  return formatAddress(a).toLowerCase() === formatAddress(b).toLowerCase();
}
