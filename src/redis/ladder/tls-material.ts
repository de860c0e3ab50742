import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls';
import type { ConnectionTarget, TlsTarget } from '../../core/target.ts';

/** How to greet the server over TLS, with the material of the configuration read once. */
export interface TlsMaterial {
  readonly context: SecureContext;
  readonly options: ConnectionOptions;
  readonly hasClientCertificate: boolean;
}

/** Null when a text is no PEM, or key and certificate do not belong together. Needs no network. */
export function readTlsMaterial(target: ConnectionTarget, tls: TlsTarget): TlsMaterial | null {
  if ((tls.cert === null) !== (tls.key === null)) return null;
  try {
    // A path in place of a PEM would pass `createSecureContext` unnoticed.
    if (tls.ca !== null) new X509Certificate(tls.ca.reveal());
    const context = createSecureContext({
      minVersion: tls.minVersion,
      ...(tls.ca !== null && { ca: tls.ca.reveal() }),
      ...(tls.cert !== null && { cert: tls.cert.reveal() }),
      ...(tls.key !== null && { key: tls.key.reveal() }),
    });
    return { context, options: namesOf(target, tls), hasClientCertificate: tls.cert !== null };
  } catch {
    // Whatever OpenSSL says about the texts, it may quote them.
    return null;
  }
}

/** The name to verify, and to send where it is one: RFC 6066 forbids an IP address as SNI. */
function namesOf(target: ConnectionTarget, tls: TlsTarget): ConnectionOptions {
  const host = 'host' in target.address ? target.address.host : 'localhost';
  const name = tls.servername ?? host;
  return {
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    rejectUnauthorized: tls.rejectUnauthorized,
  };
}
