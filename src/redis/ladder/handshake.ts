import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { FaultCode } from '../../core/diagnosis/faults.ts';
import type { Budget } from './budget.ts';
import { errorCodeOf } from './dial.ts';

/** `validTo`, in ISO 8601: of the server's certificate; null when it was not shown, or this side did not accept it. */
export type Handshake =
  | { readonly kind: 'secure'; readonly socket: TLSSocket; readonly validTo: string | null }
  | { readonly kind: 'failed'; readonly errorCode: string; readonly validTo: string | null };

/** A handshake under way. `done` never rejects, and only settles when the server answers or the socket ends. */
export interface Greeting {
  readonly socket: TLSSocket;
  readonly done: Promise<Handshake>;
}

/**
 * Starts a handshake. From now on the plain socket belongs to the TLS socket and must not be destroyed by itself: where
 * both are destroyed in the turn of the handshake, the plain one first, Node 24.21 ends with a segmentation fault.
 */
export function shakeHands(plain: Socket, options: ConnectionOptions, budget: Budget): Greeting {
  const { promise, resolve } = Promise.withResolvers<Handshake>();
  const socket = budget.wrap(plain, connect({ ...options, socket: plain }));
  socket.once('secureConnect', () => resolve({ kind: 'secure', socket, validTo: validToOf(socket) }));
  socket.once('error', (error) => {
    resolve({ kind: 'failed', errorCode: errorCodeOf(error), validTo: validToOf(socket) });
  });
  socket.once('close', () => resolve({ kind: 'failed', errorCode: 'CLOSED', validTo: null }));
  return { socket, done: promise };
}

function validToOf(socket: TLSSocket): string | null {
  return socket.getPeerX509Certificate()?.validToDate.toISOString() ?? null;
}

/** True for an alert of the other side, which only a TLS server sends. */
export function isAlert(errorCode: string): boolean {
  return errorCode.startsWith('ERR_SSL_') && errorCode.includes('ALERT');
}

const CERTIFICATE_FAULTS: ReadonlyMap<string, FaultCode> = new Map([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_CA_UNKNOWN'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TLS_CA_UNKNOWN'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TLS_CA_UNKNOWN'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'TLS_CA_UNKNOWN'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'TLS_CA_UNKNOWN'],
  ['CERT_SIGNATURE_FAILURE', 'TLS_CA_UNKNOWN'],
  ['CERT_UNTRUSTED', 'TLS_CA_UNKNOWN'],
  ['CERT_HAS_EXPIRED', 'TLS_CERT_EXPIRED'],
  ['CERT_NOT_YET_VALID', 'TLS_CERT_NOT_YET_VALID'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'TLS_HOSTNAME_MISMATCH'],
  ['HOSTNAME_MISMATCH', 'TLS_HOSTNAME_MISMATCH'],
  ['INVALID_PURPOSE', 'TLS_CERT_INVALID'],
  ['INVALID_CA', 'TLS_CERT_INVALID'],
  ['PATH_LENGTH_EXCEEDED', 'TLS_CERT_INVALID'],
  ['CERT_CHAIN_TOO_LONG', 'TLS_CERT_INVALID'],
  ['CERT_REJECTED', 'TLS_CERT_INVALID'],
  ['CERT_REVOKED', 'TLS_CERT_INVALID'],
  ['EE_KEY_TOO_SMALL', 'TLS_CERT_INVALID'],
  ['CA_KEY_TOO_SMALL', 'TLS_CERT_INVALID'],
  ['CA_MD_TOO_WEAK', 'TLS_CERT_INVALID'],
]);

/** OpenSSL spells the versions into the codes differently from release to release; the ends are stable. */
const ALERT_FAULTS: readonly (readonly [RegExp, FaultCode])[] = [
  [/ALERT_CERTIFICATE_REQUIRED$/, 'TLS_CLIENT_CERT_REQUIRED'],
  [/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|ACCESS_DENIED|DECRYPT_ERROR|DECRYPT)$/, 'TLS_CLIENT_CERT_REJECTED'],
  [/ALERT_(CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE)$/, 'TLS_CLIENT_CERT_REJECTED'],
  [/ALERT_PROTOCOL_VERSION$|_UNSUPPORTED_PROTOCOL$|_VERSION_TOO_LOW$/, 'TLS_VERSION_MISMATCH'],
  [/UNRECOGNIZED_NAME$/, 'TLS_HOSTNAME_MISMATCH'],
];

/** The fault behind an error of TLS, or null when the other side does not seem to speak TLS at all. */
export function tlsFaultOf(errorCode: string, isPeerSeen: boolean, hasClientCertificate: boolean): FaultCode | null {
  if (errorCode.endsWith('ALERT_HANDSHAKE_FAILURE')) {
    // TLS 1.2 has one alert for two reasons; the order of the messages tells them apart.
    if (!isPeerSeen) return 'TLS_HANDSHAKE_FAILED';
    return hasClientCertificate ? 'TLS_CLIENT_CERT_REJECTED' : 'TLS_CLIENT_CERT_REQUIRED';
  }
  const alert = ALERT_FAULTS.find(([pattern]) => pattern.test(errorCode));
  if (alert !== undefined) return alert[1];
  return CERTIFICATE_FAULTS.get(errorCode) ?? (isAlert(errorCode) ? 'TLS_HANDSHAKE_FAILED' : null);
}
