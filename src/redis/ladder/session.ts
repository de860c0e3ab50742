import type { FaultCode } from '../../core/diagnosis/faults.ts';
import type { ConnectionTarget } from '../../core/target.ts';
import type { Reply } from '../resp.ts';
import type { Budget } from './budget.ts';
import type { Endpoint } from './dial.ts';
import { fail, type Outcome, pass } from './step-log.ts';
import { explainClosing, explainSilence } from './suspicion.ts';
import type { Heard, Wire } from './wire.ts';

/** What the server says about itself. */
export interface ServerIdentity {
  readonly version: string;
  /** `standalone`, `sentinel` or `cluster`. */
  readonly mode: string;
  /** `master` or `replica`. */
  readonly role: string;
}

/** An open connection on its way up the ladder, and what was learned so far. */
export interface Session {
  readonly target: ConnectionTarget;
  readonly budget: Budget;
  readonly endpoint: Endpoint;
  readonly wire: Wire;
  readonly isEncrypted: boolean;
  /** A second connection of the same kind, or null. */
  readonly openAnother: () => Promise<Wire | null>;
  /** The fault behind the code of an error that ended an encrypted connection, or null. */
  readonly faultOfAlert: (errorCode: string) => FaultCode | null;
  readonly warnings: Set<FaultCode>;
  needsPassword: boolean;
  authenticateByHello: boolean;
  server: ServerIdentity | null;
  pingMs: number | null;
}

/** A slow answer is still an answer; beyond this it is silence. */
const ANSWER_MS = 1000;
const SECOND_CHANCE_MS = 30;

/** One command, and what came of it. */
export function exchange(session: Session, ...args: readonly string[]): Promise<Heard> {
  session.wire.send(...args);
  return session.wire.hear(session.budget.cap(ANSWER_MS, 0.5));
}

/** One command and its reply, be it an error. Anything but a reply is a fault. */
export async function ask(session: Session, ...args: readonly string[]): Promise<Outcome<Reply>> {
  const heard = await exchange(session, ...args);
  return heard.kind === 'reply' ? pass(heard.reply) : explain(session, heard);
}

/** The fault behind something that is no reply. */
export async function explain(session: Session, heard: Exclude<Heard, { kind: 'reply' }>): Promise<Outcome<Reply>> {
  if (heard.kind === 'garbage' || heard.bytes > 0) return fail('NOT_REDIS');
  return heard.kind === 'closed' ? fail(await explainEnd(session)) : explainPause(session);
}

async function explainEnd({ wire, isEncrypted, endpoint, budget, faultOfAlert }: Session): Promise<FaultCode> {
  if (!isEncrypted) return explainClosing(endpoint, budget);
  return faultOfAlert(wire.errorCode ?? '') ?? 'CONN_CLOSED_EARLY';
}

async function explainPause(session: Session): Promise<Outcome<Reply>> {
  const { endpoint, openAnother, isEncrypted, budget, wire } = session;
  const code = await explainSilence(endpoint, openAnother, isEncrypted, budget);
  // It may have been a hiccup that ended while it was examined.
  const late = await wire.hear(SECOND_CHANCE_MS);
  return late.kind === 'reply' ? pass(late.reply) : fail(code);
}

const ERROR_FAULTS: readonly (readonly [prefix: string, FaultCode])[] = [
  ['NOAUTH', 'AUTH_REQUIRED'],
  ['WRONGPASS', 'AUTH_WRONG'],
  ['ERR invalid password', 'AUTH_WRONG'],
  ['NOPERM', 'ACL_NOPERM'],
  ['DENIED', 'PROTECTED_MODE'],
  ['ERR max number of clients', 'MAX_CLIENTS'],
  ['LOADING', 'LOADING'],
  ['MASTERDOWN', 'MASTER_DOWN'],
  ['MISCONF', 'PERSISTENCE_FAILED'],
  ['BUSY', 'BUSY_SCRIPT'],
  ['CLUSTERDOWN', 'CLUSTER_DOWN'],
];

/** The fault behind an error reply. Only its first words decide. */
export function faultOfReply(text: string): FaultCode {
  return ERROR_FAULTS.find(([prefix]) => text.startsWith(prefix))?.[1] ?? 'SERVER_ERROR';
}
