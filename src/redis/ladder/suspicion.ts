import type { ConnectionOptions } from 'node:tls';
import type { FaultCode } from '../../core/diagnosis/faults.ts';
import type { Budget } from './budget.ts';
import { dial, type Endpoint } from './dial.ts';
import { type Handshake, isAlert, shakeHands } from './handshake.ts';
import { Wire } from './wire.ts';

/** Every probe of this file opens a connection of its own to an address that has already accepted one. */
const CONNECT_MS = 300;
const ANSWER_MS = 400;
const LISTEN_MS = 60;

async function openPlain(endpoint: Endpoint, budget: Budget): Promise<Wire | null> {
  const dialed = await dial(endpoint, budget, budget.cap(CONNECT_MS, 0.5));
  return 'socket' in dialed ? new Wire(dialed.socket, budget) : null;
}

export type PlainVoice = 'resp' | 'other' | 'closed' | 'silent';

/** Who answers a bare PING. */
export async function askInPlain(endpoint: Endpoint, budget: Budget): Promise<PlainVoice> {
  const wire = await openPlain(endpoint, budget);
  if (wire === null) return 'silent';
  const first = await wire.hear(LISTEN_MS);
  if (first.kind === 'silent') wire.send('PING');
  const heard = first.kind === 'silent' ? await wire.hear(budget.cap(ANSWER_MS, 0.8)) : first;
  wire.destroy();
  if (heard.kind === 'reply') return 'resp';
  if (heard.kind === 'garbage' || heard.bytes > 0) return 'other';
  return heard.kind;
}

/** True when a ClientHello that accepts any certificate is answered in TLS, be it by an alert. */
export async function answersTls(endpoint: Endpoint, budget: Budget): Promise<boolean> {
  const handshake = await shakeBlindly(endpoint, { host: 'localhost' }, budget);
  return handshake !== null && (handshake.kind === 'secure' || isAlert(handshake.errorCode));
}

/** Until when a certificate is valid that was not accepted, in ISO 8601. */
export async function readValidTo(
  endpoint: Endpoint,
  names: ConnectionOptions,
  budget: Budget,
): Promise<string | null> {
  const handshake = await shakeBlindly(endpoint, names, budget);
  return handshake?.validTo ?? null;
}

/** Accepts any certificate, and therefore sends nothing and ends at once. */
async function shakeBlindly(endpoint: Endpoint, names: ConnectionOptions, budget: Budget): Promise<Handshake | null> {
  const dialed = await dial(endpoint, budget, budget.cap(CONNECT_MS, 0.5));
  if ('error' in dialed) return null;
  const options = { ...names, rejectUnauthorized: false };
  const greeting = shakeHands(dialed.socket, options, budget);
  const handshake = await budget.within(greeting.done, budget.cap(ANSWER_MS, 0.8));
  greeting.socket.destroy();
  return handshake;
}

/** PostgreSQL closes on a PING without a word, but answers its own request for TLS with one letter. */
async function answersPostgres(endpoint: Endpoint, budget: Budget): Promise<boolean> {
  const dialed = await dial(endpoint, budget, budget.cap(CONNECT_MS, 0.5));
  if ('error' in dialed) return false;
  const { promise, resolve } = Promise.withResolvers<string>();
  dialed.socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1')));
  dialed.socket.once('close', () => resolve(''));
  dialed.socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
  const letter = await budget.within(promise, budget.cap(ANSWER_MS, 0.8));
  dialed.socket.destroy();
  return letter === 'S' || letter === 'N';
}

/** Why a plain connection ended without a byte. */
export async function explainClosing(endpoint: Endpoint, budget: Budget): Promise<FaultCode> {
  const [tls, postgres] = await Promise.all([answersTls(endpoint, budget), answersPostgres(endpoint, budget)]);
  if (tls) return 'TLS_REQUIRED';
  return postgres ? 'NOT_REDIS' : 'CONN_CLOSED_EARLY';
}

/**
 * Why a connection stays silent. A server that holds back its clients still checks the number of arguments, so an ECHO
 * without any is answered; a frozen one says nothing.
 */
export async function explainSilence(
  endpoint: Endpoint,
  openAnother: () => Promise<Wire | null>,
  isEncrypted: boolean,
  budget: Budget,
): Promise<FaultCode> {
  const tls = isEncrypted ? Promise.resolve(false) : answersTls(endpoint, budget);
  const [isPaused, speaksTls] = await Promise.all([refusesBrokenEcho(openAnother, budget), tls]);
  if (isPaused) return 'CLIENTS_PAUSED';
  return speaksTls ? 'TLS_REQUIRED' : 'NO_RESPONSE';
}

async function refusesBrokenEcho(openAnother: () => Promise<Wire | null>, budget: Budget): Promise<boolean> {
  const wire = await openAnother();
  if (wire === null) return false;
  wire.send('ECHO');
  const heard = await wire.hear(budget.cap(ANSWER_MS, 0.8));
  wire.destroy();
  return heard.kind === 'reply' && heard.reply.type === 'error';
}
