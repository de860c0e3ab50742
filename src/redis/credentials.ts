import type { FaultCode } from '../core/diagnosis/faults.ts';
import type { ConnectionTarget } from '../core/target.ts';
import { type Connection, type ConnectOptions, openConnection } from './connection.ts';
import { within } from './deadline.ts';

export type CredentialsProof =
  | {
      readonly ok: true;
      /** The server asks for no password although one is configured. */
      readonly unneeded: boolean;
    }
  | { readonly ok: false; readonly code: FaultCode };

/** Connects anew: an open connection stays authenticated after its password was changed. Sends no PING. */
export async function proveCredentials(target: ConnectionTarget, options: ConnectOptions): Promise<CredentialsProof> {
  const result = await openConnection(target, options);
  if (!result.ok) return result;
  const unneeded = await isPasswordUnneeded(result.connection, target, options);
  result.connection.destroy();
  return { ok: true, unneeded };
}

/** HELLO with the name `default` accepts any password where none is set; AUTH without a name objects. */
async function isPasswordUnneeded(
  connection: Connection,
  { username, password }: ConnectionTarget,
  { timeoutMs, signal }: ConnectOptions,
): Promise<boolean> {
  if (password === null || password.isEmpty || (username !== null && username !== 'default')) return false;
  const reply = await within(connection.send('AUTH', password.reveal()), timeoutMs, signal);
  return typeof reply === 'object' && !reply.ok && reply.code === 'AUTH_NOT_CONFIGURED';
}
