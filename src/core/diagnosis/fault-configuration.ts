import type { FaultEntry } from './fault-entry.ts';

export type ConfigurationFaultCode =
  | 'CONFIG_MISSING'
  | 'CONFIG_URL_INVALID'
  | 'CONFIG_URL_SCHEME'
  | 'CONFIG_DB_INVALID'
  | 'CONFIG_PORT_INVALID';

/** Found without any network. */
export const CONFIGURATION_FAULTS = {
  CONFIG_MISSING: {
    class: 'configuration',
    title: 'No Redis is configured',
    cause: () => 'No layer gives an address for this deployment.',
    fix: () => 'Declare the address in the catalog, or set REDIS_URL or REDIS_HOST.',
  },
  CONFIG_URL_INVALID: {
    class: 'configuration',
    title: 'The Redis URL cannot be read',
    cause: () => 'The URL is malformed; an unencoded / # ? or % in the password is the usual reason.',
    fix: () => 'Percent-encode the password, or give the fields one by one (REDIS_HOST, REDIS_PASSWORD, ...).',
  },
  CONFIG_URL_SCHEME: {
    class: 'configuration',
    title: 'The Redis URL has a wrong scheme',
    cause: () => 'Only redis:// and rediss:// (with TLS), in lower case, mean the same to every client library.',
    fix: () => 'Write redis://, or rediss:// for TLS.',
  },
  CONFIG_DB_INVALID: {
    class: 'configuration',
    title: 'The database is not a number',
    cause: () => 'A database is a whole number from 0; some clients end the process over anything else.',
    fix: () => 'Give a number, usually 0 to 15.',
  },
  CONFIG_PORT_INVALID: {
    class: 'configuration',
    title: 'The port is not valid',
    cause: () => 'A port is a whole number from 1 to 65535.',
    fix: () => 'Correct the port; Redis listens on 6379 unless told otherwise.',
  },
} satisfies Record<ConfigurationFaultCode, FaultEntry>;
