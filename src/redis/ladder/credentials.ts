import type { ConnectionTarget } from '../../core/target.ts';

/** True when the configuration sends a password; an empty one counts as none. */
export function hasPassword({ password }: ConnectionTarget): boolean {
  return password !== null && !password.isEmpty;
}

/**
 * Arguments of AUTH, empty without a password. The default user goes without its name: `AUTH default x` is accepted by
 * a server without a password, `AUTH x` is objected to.
 */
export function authArguments({ username, password }: ConnectionTarget): readonly string[] {
  if (password === null || password.isEmpty) return [];
  return username === null || username === 'default' ? [password.reveal()] : [username, password.reveal()];
}

/** The same for HELLO, which always wants a name. */
export function helloArguments({ username, password }: ConnectionTarget): readonly string[] {
  return password === null || password.isEmpty ? [] : ['AUTH', username ?? 'default', password.reveal()];
}
