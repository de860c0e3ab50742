import { connect, type Socket } from 'node:net';
import type { FaultCode } from '../../core/diagnosis/faults.ts';
import type { Budget } from './budget.ts';
import { fail, type Outcome, pass } from './step-log.ts';

/** One resolved address: an IP and a port, or the path of a unix socket. */
export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string };

/** A connected socket, and where it leads. */
export interface Line {
  readonly socket: Socket;
  readonly endpoint: Endpoint;
}

type Dialed = Line | { readonly error: string };

const CONNECT_MS = 1500;
/** The next address of a name is tried after this time even if the one before has not failed yet. */
const NEXT_ADDRESS_MS = 250;

/** Connects to the first endpoint that accepts, the others as a second chance. */
export async function dialAny(endpoints: readonly Endpoint[], budget: Budget): Promise<Outcome<Line>> {
  const attempts: Promise<Dialed>[] = [];
  for (const endpoint of endpoints) {
    attempts.push(dial(endpoint, budget, CONNECT_MS));
    const isLast = endpoint === endpoints.at(-1);
    const line = await budget.within(firstLine(attempts), isLast ? CONNECT_MS : NEXT_ADDRESS_MS);
    if (line !== null) return pass(line, noteOf(attempts));
  }
  const all = await Promise.all(attempts);
  return fail(
    worstFault(
      all.flatMap((dialed) => ('error' in dialed ? [dialed.error] : [])),
      endpoints,
    ),
  );
}

/** Null once all have failed. */
function firstLine(attempts: readonly Promise<Dialed>[]): Promise<Line | null> {
  const lines = attempts.map(async (attempt) => {
    const dialed = await attempt;
    if ('error' in dialed) throw new Error('no connection');
    return dialed;
  });
  return Promise.any(lines).catch(() => null);
}

const noteOf = (attempts: readonly unknown[]) =>
  attempts.length > 1 ? 'not all addresses of the name accept connections' : undefined;

/** One connection. An error is the code of the system, `TIMEOUT` when nothing happened in time. */
export async function dial(endpoint: Endpoint, budget: Budget, ownMs: number): Promise<Dialed> {
  const socket = budget.track(connect({ ...endpoint, autoSelectFamily: false, noDelay: true }));
  const { promise, resolve } = Promise.withResolvers<Dialed>();
  socket.once('connect', () => resolve({ socket, endpoint }));
  socket.once('error', (error) => resolve({ error: errorCodeOf(error) }));
  const dialed = (await budget.within(promise, ownMs)) ?? { error: 'TIMEOUT' };
  if ('error' in dialed) socket.destroy();
  return dialed;
}

/** The stable code of a system or library error; its text stays here. */
export function errorCodeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
}

const TCP_FAULTS: ReadonlyMap<string, FaultCode> = new Map([
  ['ECONNREFUSED', 'CONN_REFUSED'],
  ['ECONNRESET', 'CONN_CLOSED_EARLY'],
  ['TIMEOUT', 'CONN_TIMEOUT'],
  ['ETIMEDOUT', 'CONN_TIMEOUT'],
]);

const UNIX_FAULTS: ReadonlyMap<string, FaultCode> = new Map([
  ['EACCES', 'SOCKET_PERMISSION'],
  ['EPERM', 'SOCKET_PERMISSION'],
  ['ECONNREFUSED', 'CONN_REFUSED'],
  // A full backlog: the server lives but does not accept.
  ['EAGAIN', 'NO_RESPONSE'],
  ['TIMEOUT', 'NO_RESPONSE'],
]);

/** The failure that tells most: a refusal proves that the host is there, silence is more than a missing route. */
function worstFault(errors: readonly string[], endpoints: readonly Endpoint[]): FaultCode {
  const isUnix = endpoints.some((endpoint) => 'path' in endpoint);
  if (isUnix) return UNIX_FAULTS.get(errors[0] ?? '') ?? 'SOCKET_PATH_MISSING';
  const order: readonly FaultCode[] = ['CONN_REFUSED', 'CONN_CLOSED_EARLY', 'CONN_TIMEOUT'];
  const faults = errors.map((error) => TCP_FAULTS.get(error));
  return order.find((fault) => faults.includes(fault)) ?? 'HOST_UNREACHABLE';
}
