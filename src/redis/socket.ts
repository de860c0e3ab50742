import { type LookupOptions, lookup } from 'node:dns';
import { type LookupFunction, connect as netConnect, type Socket } from 'node:net';
import { TLSSocket, connect as tlsConnect } from 'node:tls';
import type { ConnectionTarget } from '../core/target.ts';
import type { TlsMaterial } from './ladder/tls-material.ts';

type LookupCallback = Parameters<LookupFunction>[2];

const lookups = new Map<string, LookupCallback[]>();

/**
 * Resolves a name with at most one lookup per name under way: a hung one cannot be cancelled, and two of them stall
 * every other lookup of the process.
 */
const sharedLookup: LookupFunction = (hostname, options, callback) => {
  const key = JSON.stringify([hostname, options.family, options.all, options.hints]);
  const waiting = lookups.get(key);
  if (waiting !== undefined) {
    waiting.push(callback);
    return;
  }
  lookups.set(key, [callback]);
  lookup(hostname, options as LookupOptions, (...answer) => {
    const callbacks = lookups.get(key) ?? [];
    lookups.delete(key);
    for (const answered of callbacks) answered(...(answer as Parameters<LookupCallback>));
  });
};

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
