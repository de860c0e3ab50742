import type { FaultEntry } from './fault-entry.ts';
import { placeOf } from './fault-facts.ts';

export type TopologyFaultCode =
  | 'IS_SENTINEL'
  | 'NOT_A_SENTINEL'
  | 'CLUSTER_MODE_MISMATCH'
  | 'CLUSTER_DISABLED'
  | 'CLUSTER_NODES_UNREACHABLE'
  | 'CLUSTER_UNREACHABLE'
  | 'CLUSTER_DOWN'
  | 'SENTINEL_UNKNOWN_MASTER'
  | 'SENTINEL_AUTH_REQUIRED'
  | 'SENTINEL_AUTH_WRONG'
  | 'SENTINEL_NO_REPLICA'
  | 'SENTINELS_UNREACHABLE'
  | 'SENTINEL_ROLE_MISMATCH'
  | 'SENTINEL_MASTER_UNREACHABLE';

/** Declared and real topology differ, or nodes of one are missing. */
export const TOPOLOGY_FAULTS = {
  IS_SENTINEL: {
    class: 'configuration',
    title: 'The address is a Sentinel',
    cause: (facts) => `${placeOf(facts)} is a Sentinel: it answers PING but holds no data.`,
    fix: () => 'Declare the topology "sentinel" with the name of the master, or use the port of the data node.',
  },
  NOT_A_SENTINEL: {
    class: 'configuration',
    title: 'The address is not a Sentinel',
    cause: (facts) => `${placeOf(facts)} is declared as a Sentinel but is a data node.`,
    fix: () => 'Use the port of the Sentinel (usually 26379), or declare the topology "standalone".',
  },
  CLUSTER_MODE_MISMATCH: {
    class: 'configuration',
    title: 'The server is a cluster node',
    cause: (facts) => `${placeOf(facts)} is a cluster node, the configuration treats it as standalone.`,
    fix: (facts) => {
      const db = facts.db === 0 ? '' : ` A cluster has only db 0, so db ${facts.db} must go too.`;
      return `Declare the topology "cluster".${db}`;
    },
  },
  CLUSTER_DISABLED: {
    class: 'configuration',
    title: 'The server is not a cluster',
    cause: (facts) => `${placeOf(facts)} is declared as a cluster node but has no cluster support.`,
    fix: () => 'Declare the topology "standalone", or enable the cluster on the server.',
  },
  CLUSTER_NODES_UNREACHABLE: {
    class: 'configuration',
    title: 'Announced cluster nodes cannot be reached',
    cause: (facts) => `The cluster announces addresses that the network "${facts.network}" cannot reach.`,
    fix: () => 'Declare a `natMap`, or set "cluster-announce-ip" and "cluster-announce-port" on the nodes.',
  },
  CLUSTER_UNREACHABLE: {
    class: 'environment',
    title: 'No cluster node can be reached',
    cause: () => 'None of the declared nodes answers.',
    fix: () => 'Start the nodes, or correct their addresses.',
  },
  CLUSTER_DOWN: {
    class: 'environment',
    title: 'The cluster is down',
    cause: () => 'Some hash slots have no node that serves them.',
    fix: () => 'Restart the missing node, or run "redis-cli --cluster fix".',
  },
  SENTINEL_UNKNOWN_MASTER: {
    class: 'configuration',
    title: 'The Sentinels do not know the master',
    cause: () => 'The declared name of the master is not monitored.',
    fix: () => 'SENTINEL MASTERS lists the names; correct `sentinel.master`.',
  },
  SENTINEL_AUTH_REQUIRED: {
    class: 'configuration',
    title: 'The Sentinels require a password',
    cause: () => 'The Sentinels require a password of their own; the configuration has none.',
    fix: () => 'Set `sentinel.auth.password`, besides `auth.password` of the data nodes.',
  },
  SENTINEL_AUTH_WRONG: {
    class: 'configuration',
    title: 'The credentials for the Sentinels are wrong',
    cause: () => 'The Sentinels do not accept the configured credentials.',
    fix: () => 'Correct `sentinel.auth`; it is not the password of the data nodes.',
  },
  SENTINEL_NO_REPLICA: {
    class: 'configuration',
    title: 'There is no replica',
    cause: () => 'The configuration asks for a replica, the Sentinels know none that is healthy.',
    fix: () => 'Add a replica, or read from the master.',
  },
  SENTINELS_UNREACHABLE: {
    class: 'environment',
    title: 'No Sentinel can be reached',
    cause: () => 'None of the declared Sentinels answers.',
    fix: () => 'Start them, or correct their addresses and ports (usually 26379).',
  },
  SENTINEL_ROLE_MISMATCH: {
    class: 'environment',
    title: 'The named master is a replica',
    cause: () => 'The node that the Sentinels name as master says that it is a replica.',
    fix: () => 'Wait for the end of the failover; if it stays so, reset the Sentinels.',
  },
  SENTINEL_MASTER_UNREACHABLE: {
    class: 'environment',
    title: 'The named master cannot be reached',
    cause: (facts) => `The address that the Sentinels name cannot be reached from the network "${facts.network}".`,
    fix: () => 'Wait for the end of the failover. If it was never reachable, declare a `natMap` or set "announce-ip".',
  },
} satisfies Record<TopologyFaultCode, FaultEntry>;
