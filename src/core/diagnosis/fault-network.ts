import type { FaultEntry } from './fault-entry.ts';
import { addressHints, hostOf, isSingleLabel, placeOf } from './fault-facts.ts';

export type NetworkFaultCode =
  | 'DNS_NOT_FOUND'
  | 'DNS_TEMPORARY'
  | 'DNS_TIMEOUT'
  | 'CONN_REFUSED'
  | 'CONN_TIMEOUT'
  | 'HOST_UNREACHABLE'
  | 'CONN_CLOSED_EARLY'
  | 'SOCKET_PATH_MISSING'
  | 'SOCKET_PERMISSION'
  | 'NO_RESPONSE'
  | 'NOT_REDIS';

/** Between this process and the first answer. */
export const NETWORK_FAULTS = {
  DNS_NOT_FOUND: {
    class: 'configuration',
    title: 'The host name does not exist',
    cause: (facts) => `${hostOf(facts)} is no known name in the network "${facts.network}".`,
    fix: (facts) => {
      const scope = isSingleLabel(facts) ? ' The name of a container exists only inside its container network.' : '';
      return `Use a name that resolves where this process runs.${scope}${addressHints(facts)}`;
    },
  },
  DNS_TEMPORARY: {
    class: 'environment',
    title: 'The name server cannot answer',
    cause: (facts) => {
      const single = ' For a name without a dot this often means that the name is unknown in this container network.';
      return `The name server failed to resolve ${hostOf(facts)}.${isSingleLabel(facts) ? single : ''}`;
    },
    fix: (facts) =>
      `Check that both sides share a network and that the name is right, then the name server.${addressHints(facts)}`,
  },
  DNS_TIMEOUT: {
    class: 'environment',
    title: 'The name server is silent',
    cause: (facts) => `No name server answered the question for ${hostOf(facts)} in time.`,
    fix: () => 'Check the name server of this machine and that UDP and TCP port 53 are open to it.',
  },
  CONN_REFUSED: {
    class: 'environment',
    title: 'The connection is refused',
    cause: (facts) => `Nothing listens on ${placeOf(facts)}.`,
    fix: (facts) => `Start Redis, or correct the address.${addressHints(facts)}`,
  },
  CONN_TIMEOUT: {
    class: 'environment',
    title: 'The connection times out',
    cause: (facts) => `No answer from ${placeOf(facts)}: the host is down, or a firewall swallows the packets.`,
    fix: (facts) => `Open the port between the two networks, or correct the address.${addressHints(facts)}`,
  },
  HOST_UNREACHABLE: {
    class: 'environment',
    title: 'The host cannot be reached',
    cause: (facts) => `There is no way to ${placeOf(facts)}: no route, no such machine, or a firewall says no.`,
    fix: (facts) => `Correct the address, attach this process to the network, or allow the port.${addressHints(facts)}`,
  },
  CONN_CLOSED_EARLY: {
    class: 'environment',
    title: 'The connection is closed at once',
    cause: (facts) =>
      `${placeOf(facts)} accepts connections and closes them without a word: usually a proxy, load balancer or published port whose Redis is down. A TLS server at its limit of clients does the same.`,
    fix: () => 'Check what stands behind that address, and the number of clients there.',
  },
  SOCKET_PATH_MISSING: {
    class: 'configuration',
    title: 'The socket file does not exist',
    cause: (facts) => `There is no ${placeOf(facts)} where this process runs.`,
    fix: (facts) => `Correct the path, mount the socket, or start Redis with "unixsocket".${addressHints(facts)}`,
  },
  SOCKET_PERMISSION: {
    class: 'configuration',
    title: 'The socket file is not accessible',
    cause: (facts) => `This process has no right to use ${placeOf(facts)}.`,
    fix: () => 'Set "unixsocketperm 770" and put the user of this process into the group of the socket.',
  },
  NO_RESPONSE: {
    class: 'environment',
    title: 'The server accepts, but never answers',
    cause: (facts) =>
      `${placeOf(facts)} accepts connections but stays silent: Redis is frozen or blocked by a slow command, or it is not Redis.`,
    fix: (facts) =>
      `Look at the server: a paused container or machine, CPU limits, SLOWLOG. If another service has that port, correct the address.${addressHints(facts)}`,
  },
  NOT_REDIS: {
    class: 'configuration',
    title: 'Another service answers',
    cause: (facts) => `What answers on ${placeOf(facts)} does not speak the Redis protocol.`,
    fix: (facts) => `Correct host and port.${addressHints(facts)}`,
  },
} satisfies Record<NetworkFaultCode, FaultEntry>;
