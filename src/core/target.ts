import type { Secret } from './secret.ts';

/** A TCP endpoint or a unix socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/** TLS towards the server. PEM texts are wrapped like secrets: a misplaced file must not show. */
export interface TlsTarget {
  readonly ca: Secret | null;
  readonly cert: Secret | null;
  readonly key: Secret | null;
  /** Name to verify and to send as SNI; null: the host of the address. */
  readonly servername: string | null;
  readonly rejectUnauthorized: boolean;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

/**
 * All that is needed to talk to one standalone server, taken from the very configuration that consumers get.
 * Times are milliseconds.
 */
export interface ConnectionTarget {
  readonly deployment: string;
  readonly address: Address;
  /** Where else the same server listens, by network: only for hints in a diagnosis. */
  readonly otherAddresses: Readonly<Record<string, Address>>;
  /** The network in which this process runs (`container`, `host`, or a name of the catalog). */
  readonly network: string;
  readonly db: number;
  readonly username: string | null;
  readonly password: Secret | null;
  readonly tls: TlsTarget | null;
  /** Printable ASCII without blanks; sent as CLIENT SETNAME. */
  readonly clientName: string;
  readonly pool: {
    readonly min: number;
    readonly max: number;
    readonly idleTimeoutMs: number;
    readonly acquireTimeoutMs: number;
  };
  readonly timeouts: { readonly connectMs: number; readonly commandMs: number; readonly keepAliveMs: number };
}
