import type { FaultEntry } from './fault-entry.ts';
import { placeOf } from './fault-facts.ts';

export type AccessFaultCode =
  | 'AUTH_REQUIRED'
  | 'AUTH_WRONG'
  | 'AUTH_USERNAME_UNSUPPORTED'
  | 'AUTH_NOT_CONFIGURED'
  | 'ACL_NOPERM'
  | 'INFO_NOPERM'
  | 'DB_OUT_OF_RANGE'
  | 'DB_IN_CLUSTER'
  | 'PROTECTED_MODE'
  | 'HELLO_UNSUPPORTED'
  | 'READY_CHECK_BLOCKED';

/** Who may come in, and where to. */
export const ACCESS_FAULTS = {
  AUTH_REQUIRED: {
    class: 'configuration',
    title: 'The server requires a password',
    cause: (facts) => {
      const sent = facts.hasUsername ? 'has a user name but no password' : 'has none';
      return `${placeOf(facts)} requires a password; the configuration ${sent}.`;
    },
    fix: () => 'Set the password (REDIS_PASSWORD, REDIS_PASSWORD_FILE or `auth.password` in the catalog).',
  },
  AUTH_WRONG: {
    class: 'configuration',
    title: 'The credentials are wrong',
    cause: (facts) => {
      const who = facts.hasUsername ? 'user name and password' : 'password';
      return `${placeOf(facts)} does not accept the configured ${who}. Redis does not tell a wrong password from an unknown or disabled user.`;
    },
    fix: () =>
      'Compare with ACL LIST and ACL LOG on the server. Usual reasons: the password of another environment, a line break at the end of a secret file, an unencoded character in a URL, user and password swapped.',
  },
  AUTH_USERNAME_UNSUPPORTED: {
    class: 'configuration',
    title: 'The server knows no user names',
    cause: (facts) => `${placeOf(facts)} is older than Redis 6 or a proxy, and only takes a password.`,
    fix: () => 'Drop the user name from the configuration, or upgrade Redis.',
  },
  AUTH_NOT_CONFIGURED: {
    class: 'warning',
    title: 'The server has no password',
    cause: (facts) => `${placeOf(facts)} has no password, the configuration sends one.`,
    fix: () =>
      'Check that this is the right server. If so, set "requirepass" or an ACL there, or drop the password here.',
  },
  ACL_NOPERM: {
    class: 'configuration',
    title: 'The user lacks a right',
    cause: (facts) => `The user that ${placeOf(facts)} accepted may not run a command that every consumer needs.`,
    fix: () => 'Grant it: ACL SETUSER <user> +ping +select, besides the commands of the application.',
  },
  INFO_NOPERM: {
    class: 'warning',
    title: 'The server cannot be observed',
    cause: () => 'The user may not run INFO, so there are no facts about the server.',
    fix: () => 'Grant it: ACL SETUSER <user> +info.',
  },
  DB_OUT_OF_RANGE: {
    class: 'configuration',
    title: 'The database does not exist',
    cause: (facts) => `${placeOf(facts)} has no database ${facts.db}. Some clients then silently use database 0.`,
    fix: () => 'Use a lower number, or raise "databases" on the server.',
  },
  DB_IN_CLUSTER: {
    class: 'configuration',
    title: 'A cluster has no databases',
    cause: (facts) => `${placeOf(facts)} is a cluster node; database ${facts.db} cannot be selected there.`,
    fix: () => 'Set the db to 0 and separate the connections by key prefix.',
  },
  PROTECTED_MODE: {
    class: 'configuration',
    title: 'The server is in protected mode',
    cause: (facts) =>
      `${placeOf(facts)} has no password and therefore refuses everybody but its own machine. A password on this side does not help.`,
    fix: () => 'Set "requirepass" or an ACL on the server; "protected-mode no" only in a closed network.',
  },
  HELLO_UNSUPPORTED: {
    class: 'configuration',
    title: 'A proxy does not know HELLO',
    cause: (facts) => `What answers on ${placeOf(facts)} knows PING but fails on HELLO: a proxy without RESP3.`,
    fix: () => 'Let clients speak RESP2 (`protocol: 2`) without a ready check, or connect to Redis itself.',
  },
  READY_CHECK_BLOCKED: {
    class: 'configuration',
    title: 'The ready check of clients fails',
    cause: () => 'The server does not know INFO, so clients that check with it never become ready.',
    fix: () => 'Restore the INFO command on the server, or switch off the ready check of the clients.',
  },
} satisfies Record<AccessFaultCode, FaultEntry>;
