import { connect as netConnect, type Socket } from 'node:net';
import { TLSSocket, connect as tlsConnect } from 'node:tls';
import type { ConnectionTarget } from '../core/target.ts';
import type { TlsMaterial } from './ladder/tls-material.ts';
import { sharedLookup } from './shared-lookup.ts';

/** Begins to connect; `material` null: without TLS. */
export function openSocket({ address }: ConnectionTarget, material: TlsMaterial | null): Socket {
  const endpoint = 'path' in address ? { path: address.path } : { ...address, lookup: sharedLookup };
  if (material === null) return netConnect(endpoint);
  const { servername = '', rejectUnauthorized = true } = material.options;
  return tlsConnect({
    ...endpoint,
    secureContext: material.context,
    ...(servername !== '' && { servername }),
    rejectUnauthorized,
  });
}

export interface TlsFacts {
  readonly protocol: string | null;
  /** End of the server certificate's validity, epoch ms. */
  readonly validTo: number | null;
}

/** Null without TLS. */
export function tlsFactsOf(socket: Socket): TlsFacts | null {
  if (!(socket instanceof TLSSocket)) return null;
  const validTo = Date.parse(socket.getPeerCertificate().valid_to);
  return { protocol: socket.getProtocol(), validTo: Number.isNaN(validTo) ? null : validTo };
}
