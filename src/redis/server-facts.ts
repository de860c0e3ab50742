import type { ObservedServer, ServerCondition, ServerFacts } from '../core/diagnosis/observed.ts';
import type { Connection } from './connection.ts';
import { TIMED_OUT, within } from './deadline.ts';
import { type InfoFields, numberOf, parseInfo } from './info.ts';

export interface ObserveOptions {
  readonly timeoutMs: number;
  /** ISO 8601. */
  readonly at: string;
}

const NOTHING: ServerFacts = {
  version: null,
  role: null,
  connectedClients: null,
  maxClients: null,
  usedMemoryBytes: null,
  maxMemoryBytes: null,
  maxMemoryPolicy: null,
  evictedKeys: null,
  hitRate: null,
  replicationLagSeconds: null,
  observedAt: null,
  reason: null,
};

export const NOT_OBSERVED: ObservedServer = {
  facts: { ...NOTHING, reason: 'The server was not observed yet.' },
  condition: null,
  denied: false,
};

/**
 * Asks the server about itself with one INFO. Without the right to it the answer is mostly nulls with the grant that
 * is missing. Null: no usable answer; the connection is then not to be trusted.
 */
export async function observeServer(connection: Connection, options: ObserveOptions): Promise<ObservedServer | null> {
  const info = await within(connection.send('INFO'), options.timeoutMs);
  if (info === TIMED_OUT) return null;
  if (info.ok) return typeof info.value === 'string' ? observedServer(parseInfo(info.value), options.at) : null;
  if (!info.answered) return null;
  const hello = info.code === 'ACL_NOPERM' ? await within(connection.send('HELLO'), options.timeoutMs) : null;
  if (hello === TIMED_OUT) return null;
  const denied = info.code === 'ACL_NOPERM';
  const reason = denied
    ? 'The user may not run INFO. Grant it: ACL SETUSER <user> +info'
    : 'The server refuses INFO at the moment.';
  return {
    facts: { ...greeting(hello?.ok ? hello.value : null), observedAt: options.at, reason },
    condition: null,
    denied,
  };
}

/** HELLO needs no right. Its reply is a flat list of names and values. */
function greeting(reply: unknown): ServerFacts {
  if (!Array.isArray(reply)) return NOTHING;
  const told = (name: string): unknown => reply[reply.indexOf(name) + 1];
  const version = told('version');
  const role = told('role');
  return {
    ...NOTHING,
    version: typeof version === 'string' ? version : null,
    role: typeof role === 'string' ? roleOf(role) : null,
  };
}

export function observedServer(fields: InfoFields, at: string): ObservedServer {
  return { facts: factsOf(fields, at), condition: conditionOf(fields), denied: false };
}

function factsOf(fields: InfoFields, at: string): ServerFacts {
  const reads = readsOf(fields);
  return {
    version: fields.get('redis_version') ?? null,
    role: roleOf(fields.get('role')),
    connectedClients: numberOf(fields, 'connected_clients'),
    maxClients: numberOf(fields, 'maxclients'),
    usedMemoryBytes: numberOf(fields, 'used_memory'),
    maxMemoryBytes: numberOf(fields, 'maxmemory'),
    maxMemoryPolicy: fields.get('maxmemory_policy') ?? null,
    evictedKeys: numberOf(fields, 'evicted_keys'),
    hitRate: reads === null || reads === 0 ? null : (numberOf(fields, 'keyspace_hits') ?? 0) / reads,
    replicationLagSeconds: lagOf(fields),
    observedAt: at,
    reason: null,
  };
}

function conditionOf(fields: InfoFields): ServerCondition {
  const goodReplicas = numberOf(fields, 'min_slaves_good_slaves');
  const link = fields.get('master_link_status');
  return {
    reads: readsOf(fields),
    masterLinkUp: link === undefined ? null : link === 'up',
    replicaReadOnly: fields.get('slave_read_only') !== '0',
    saveFailed: fields.get('rdb_last_bgsave_status') === 'err' || fields.get('aof_last_write_status') === 'err',
    // The field only exists where min-replicas-to-write is set; INFO does not tell to what.
    lacksReplicas: goodReplicas === null ? null : goodReplicas === 0,
  };
}

function readsOf(fields: InfoFields): number | null {
  const hits = numberOf(fields, 'keyspace_hits');
  const misses = numberOf(fields, 'keyspace_misses');
  return hits === null || misses === null ? null : hits + misses;
}

/** Redis's own word for a replica is still "slave". */
function roleOf(word: string | undefined): ServerFacts['role'] {
  if (word === 'master') return 'master';
  return word === 'slave' || word === 'replica' ? 'replica' : null;
}

function lagOf(fields: InfoFields): number | null {
  if (roleOf(fields.get('role')) === 'replica') return numberOf(fields, 'master_last_io_seconds_ago');
  const lags = [...fields]
    .filter(([name]) => /^slave\d+$/.test(name))
    .map(([, value]) => /(?:^|,)lag=(\d+)/.exec(value)?.[1])
    .filter((lag) => lag !== undefined)
    .map(Number);
  return lags.length === 0 ? null : Math.max(...lags);
}
