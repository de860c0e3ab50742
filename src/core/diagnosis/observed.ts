import type { FaultFacts } from './fault-facts.ts';
import type { Fault, FaultCode } from './faults.ts';

/** What the server says about itself. Null: not told, for the reason in `reason`. */
export interface ServerFacts {
  readonly version: string | null;
  readonly role: 'master' | 'replica' | null;
  readonly connectedClients: number | null;
  /** Null on servers that do not tell. */
  readonly maxClients: number | null;
  readonly usedMemoryBytes: number | null;
  /** 0: no limit. */
  readonly maxMemoryBytes: number | null;
  readonly maxMemoryPolicy: string | null;
  readonly evictedKeys: number | null;
  /** Reads that found their key, from 0 to 1, since the server started; null without reads. */
  readonly hitRate: number | null;
  /** Of a master its slowest replica, null without one; of a replica the time since it heard from its master. */
  readonly replicationLagSeconds: number | null;
  /** ISO 8601; null: never. */
  readonly observedAt: string | null;
  /** Why something is null, with what to do; null when all was told. */
  readonly reason: string | null;
}

/** Further facts that a verdict needs but no answer shows. */
export interface ServerCondition {
  /** Keys asked for since the server started. */
  readonly reads: number | null;
  /** False on a replica that lost its master; null on a master. */
  readonly masterLinkUp: boolean | null;
  /** False on a replica that accepts writes. */
  readonly replicaReadOnly: boolean;
  readonly saveFailed: boolean;
  /** Fewer replicas than min-replicas-to-write; null where that is not set. */
  readonly lacksReplicas: boolean | null;
}

export interface ObservedServer {
  readonly facts: ServerFacts;
  /** Null: not observable, or not observed yet. */
  readonly condition: ServerCondition | null;
  /** INFO is refused to this user. */
  readonly denied: boolean;
}

/** The last PING. `never`: none was finished yet. */
export type ObservedPing =
  | { readonly kind: 'pong' }
  | { readonly kind: 'refused' | 'no-answer'; readonly code: FaultCode }
  | { readonly kind: 'never' };

/** Whether new connections still succeed, which an old one cannot tell. */
export type ObservedCredentials =
  | {
      readonly proven: true /** The server asks for no password although one is configured. */;
      readonly unneeded: boolean;
    }
  | { readonly proven: false; readonly fault: Fault };

/** All that is known of a deployment at one moment. */
export interface ObservedDeployment {
  readonly deployment: string;
  readonly target: FaultFacts;
  readonly ping: ObservedPing;
  /** Null: not proven yet since the start or the last outage. */
  readonly credentials: ObservedCredentials | null;
  /** In the window that the next two are about. */
  readonly probes: number;
  readonly successRate: number | null;
  readonly pingP95Ms: number | null;
  readonly poolUtilization: number;
  readonly server: ObservedServer;
  /** Null without TLS, or when the certificate does not tell. */
  readonly certificateDaysLeft: number | null;
}
