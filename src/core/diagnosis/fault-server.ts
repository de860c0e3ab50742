import type { FaultEntry } from './fault-entry.ts';
import { placeOf } from './fault-facts.ts';

export type ServerFaultCode =
  | 'MAX_CLIENTS'
  | 'LOADING'
  | 'MASTER_DOWN'
  | 'READ_ONLY_REPLICA'
  | 'REPLICA_LINK_DOWN'
  | 'NOT_ENOUGH_REPLICAS'
  | 'PERSISTENCE_FAILED'
  | 'OUT_OF_MEMORY'
  | 'BUSY_SCRIPT'
  | 'CLIENTS_PAUSED'
  | 'APP_CONNECTION_STALE'
  | 'SERVER_ERROR'
  | 'PROBE_DEADLINE';

/** States of a server that was reached. */
export const SERVER_FAULTS = {
  MAX_CLIENTS: {
    class: 'environment',
    title: 'The server takes no more clients',
    cause: (facts) => `All client slots of ${placeOf(facts)} are taken.`,
    fix: () =>
      'Find who holds them (CLIENT LIST), share connections, or raise "maxclients" and the limit of open files.',
  },
  LOADING: {
    class: 'environment',
    title: 'The server is loading its data',
    cause: (facts) => `${placeOf(facts)} was started a moment ago and still reads its dataset.`,
    fix: () => 'Wait; INFO persistence shows the progress.',
  },
  MASTER_DOWN: {
    class: 'environment',
    title: 'A replica lost its master',
    cause: (facts) => `${placeOf(facts)} is a replica without its master and is told not to serve stale data.`,
    fix: () => 'Restore the master, or point the configuration at it.',
  },
  READ_ONLY_REPLICA: {
    class: 'configuration',
    title: 'The server is a read-only replica',
    cause: (facts) => `${placeOf(facts)} is a replica: every write will be refused.`,
    fix: () => 'Use the address of the primary, or declare Sentinel. During a failover wait a moment.',
  },
  REPLICA_LINK_DOWN: {
    class: 'warning',
    title: 'The replica is stale',
    cause: (facts) => `${placeOf(facts)} is a replica that lost its master and serves old data.`,
    fix: () => 'Restore the master or the link to it.',
  },
  NOT_ENOUGH_REPLICAS: {
    class: 'environment',
    title: 'Writes are refused for lack of replicas',
    cause: (facts) => `${placeOf(facts)} has fewer healthy replicas than "min-replicas-to-write" demands.`,
    fix: () => 'Restore the replicas.',
  },
  PERSISTENCE_FAILED: {
    class: 'environment',
    title: 'The server cannot save its data',
    cause: (facts) =>
      `${placeOf(facts)} failed to write its snapshot or append-only file and refuses writes; reads work.`,
    fix: () => 'Check disk space, the rights on its directory, vm.overcommit_memory and the log of Redis.',
  },
  OUT_OF_MEMORY: {
    class: 'environment',
    title: 'The server is out of memory',
    cause: (facts) => `${placeOf(facts)} reached "maxmemory" and refuses writes.`,
    fix: () => 'Raise "maxmemory", give keys a time to live, or choose an eviction policy.',
  },
  BUSY_SCRIPT: {
    class: 'environment',
    title: 'A script blocks the server',
    cause: (facts) => `${placeOf(facts)} runs a script that does not end; a restart of its clients does not help.`,
    fix: () => 'SCRIPT KILL on the server, then correct the script.',
  },
  CLIENTS_PAUSED: {
    class: 'environment',
    title: 'The server has paused its clients',
    cause: (facts) => `${placeOf(facts)} holds back all commands (CLIENT PAUSE): a failover or maintenance.`,
    fix: () => 'Wait for its end, or CLIENT UNPAUSE.',
  },
  APP_CONNECTION_STALE: {
    class: 'warning',
    title: 'Open connections differ from new ones',
    cause: (facts) => `A new connection to ${placeOf(facts)} and the pooled ones do not get the same answer.`,
    fix: () => 'Recycle the pool: the password was rotated, or a middlebox forgot idle connections.',
  },
  SERVER_ERROR: {
    class: 'environment',
    title: 'The server answers with an error',
    cause: (facts) => `${placeOf(facts)} speaks the Redis protocol but refuses a basic command.`,
    fix: () => 'See the log of the server; look for renamed commands and for a proxy in between.',
  },
  PROBE_DEADLINE: {
    class: 'environment',
    title: 'The examination ran out of time',
    cause: (facts) => `${placeOf(facts)} answers too slowly to be examined within the deadline.`,
    fix: () => 'Look at the load of the server, the network and this process; the steps show where the time went.',
  },
} satisfies Record<ServerFaultCode, FaultEntry>;
