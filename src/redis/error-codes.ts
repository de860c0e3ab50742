import type { FaultCode } from '../core/diagnosis/faults.ts';
import { tlsFaultOf } from './ladder/handshake.ts';
import { faultOfReply } from './ladder/session.ts';

const SYSTEM_CODES: ReadonlyMap<string, FaultCode> = new Map([
  ['ECONNREFUSED', 'CONN_REFUSED'],
  ['ETIMEDOUT', 'CONN_TIMEOUT'],
  ['EHOSTUNREACH', 'HOST_UNREACHABLE'],
  ['ENETUNREACH', 'HOST_UNREACHABLE'],
  ['EHOSTDOWN', 'HOST_UNREACHABLE'],
  ['ECONNRESET', 'CONN_CLOSED_EARLY'],
  ['EPIPE', 'CONN_CLOSED_EARLY'],
  ['ENOTFOUND', 'DNS_NOT_FOUND'],
  ['EAI_AGAIN', 'DNS_TEMPORARY'],
  ['ENOENT', 'SOCKET_PATH_MISSING'],
  ['EACCES', 'SOCKET_PERMISSION'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_NOT_SUPPORTED'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'TLS_NOT_SUPPORTED'],
]);

/** True when the server itself answered with this error, as opposed to a broken connection. */
export function isErrorReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Reduces an error of Node, OpenSSL, ioredis or Redis to the nearest code of the catalogue. */
export function faultCodeOf(error: unknown): FaultCode {
  if (!(error instanceof Error)) return 'SERVER_ERROR';
  if (isErrorReply(error)) return codeOfReply(error.message);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = SYSTEM_CODES.get(code) ?? tlsFaultOf(code, true, false);
  if (known !== null) return known;
  if (code.startsWith('ERR_SSL_')) return 'TLS_HANDSHAKE_FAILED';
  if (error.message === 'Command timed out') return 'NO_RESPONSE';
  // So ends what ioredis says about bytes that are no RESP.
  return error.message.endsWith('Please report this.') ? 'NOT_REDIS' : 'CONN_CLOSED_EARLY';
}

function codeOfReply(text: string): FaultCode {
  if (/^ERR (DB index|invalid DB index)/.test(text)) return 'DB_OUT_OF_RANGE';
  if (/^ERR (AUTH <password> called without any password|Client sent AUTH, but no password)/.test(text)) {
    return 'AUTH_NOT_CONFIGURED';
  }
  return text.startsWith('ERR SELECT is not allowed in cluster mode') ? 'DB_IN_CLUSTER' : faultOfReply(text);
}
