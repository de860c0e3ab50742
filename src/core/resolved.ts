import type { Topology, Waivable, Workload } from './catalog-schema.ts';
import type { Traced } from './origin.ts';
import type { Secret } from './secret.ts';
import type { Address } from './target.ts';
import type { Thresholds } from './thresholds.ts';

/**
 * What services are given, each leaf with its origin. Nothing here is served as it stands: `render/` turns it into
 * the plain configuration of a network, or into the redacted explanation.
 */
export type TracedFields<T> = { readonly [K in keyof T]: Traced<T[K]> };

/** Host and port, or the path of a socket; `value` is what both make. */
export interface ResolvedAddress {
  readonly value: Address;
  readonly leaves: {
    readonly host?: Traced<string>;
    readonly port?: Traced<number>;
    readonly path?: Traced<string>;
  };
}

export interface ResolvedAuth {
  readonly username: Traced<string | null>;
  readonly password: Traced<Secret | null>;
}

export interface ResolvedTls {
  readonly enabled: Traced<boolean>;
  readonly ca: Traced<Secret | null>;
  readonly cert: Traced<Secret | null>;
  readonly key: Traced<Secret | null>;
  readonly servername: Traced<string | null>;
  readonly rejectUnauthorized: Traced<boolean>;
  readonly minVersion: Traced<'TLSv1.2' | 'TLSv1.3'>;
}

export type NodesByNetwork = Readonly<Record<string, Traced<readonly Address[]>>>;

export interface ResolvedSentinel {
  readonly master: Traced<string>;
  readonly nodes: NodesByNetwork;
  readonly auth: ResolvedAuth;
  readonly tls: Traced<boolean>;
}

export interface ResolvedCluster {
  readonly nodes: NodesByNetwork;
}

/** Per network: announced `host:port` to reachable `host:port`. */
export type NatMapByNetwork = Readonly<Record<string, Traced<Readonly<Record<string, string>>>>>;

export interface ResolvedDeployment {
  readonly name: string;
  readonly topology: Traced<Topology>;
  /** By network; empty unless standalone. */
  readonly addresses: Readonly<Record<string, ResolvedAddress>>;
  readonly sentinel: ResolvedSentinel | null;
  readonly cluster: ResolvedCluster | null;
  readonly natMap: NatMapByNetwork;
  readonly auth: ResolvedAuth;
  readonly tls: ResolvedTls;
  readonly databases: Traced<number>;
  /** For connections that declare none. */
  readonly db: Traced<number>;
  readonly thresholds: TracedFields<Thresholds>;
  readonly waive: Readonly<Partial<Record<Waivable, Traced<string>>>>;
  /** Hash of the core: topology, addresses in all networks, TLS. The same core has the same fingerprint. */
  readonly fingerprint: string;
}

export interface Pool {
  readonly min: number;
  readonly max: number;
  readonly idleTimeoutMs: number;
  readonly acquireTimeoutMs: number;
}

export interface Timeouts {
  readonly connectMs: number;
  readonly commandMs: number;
  readonly keepAliveMs: number;
}

export interface Retry {
  readonly maxAttempts: number;
  readonly baseMs: number;
  readonly capMs: number;
}

/** A service's named use of a deployment. */
export interface ResolvedConnection {
  readonly name: string;
  readonly deployment: Traced<string>;
  readonly db: Traced<number>;
  readonly keyPrefix: Traced<string>;
  readonly workload: Traced<Workload | null>;
  readonly pool: TracedFields<Pool>;
  readonly timeouts: TracedFields<Timeouts>;
  readonly retry: TracedFields<Retry>;
  readonly healthCheckIntervalMs: Traced<number>;
}

export interface ResolvedService {
  readonly name: string;
  readonly connections: readonly ResolvedConnection[];
}
