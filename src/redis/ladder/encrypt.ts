import { performance } from 'node:perf_hooks';
import type { TLSSocket } from 'node:tls';
import type { FaultCode } from '../../core/diagnosis/faults.ts';
import type { Budget } from './budget.ts';
import { dial, type Line } from './dial.ts';
import { type Handshake, shakeHands, tlsFaultOf } from './handshake.ts';
import { fail, type Outcome, pass } from './step-log.ts';
import { answersTls, askInPlain, readValidTo } from './suspicion.ts';
import type { TlsMaterial } from './tls-material.ts';
import { Wire } from './wire.ts';

const HANDSHAKE_MS = 1500;
/** After this silence it is worth asking whether the server speaks plain text: Redis waits for the end of a line. */
const PATIENCE_MS = 300;
/** In TLS 1.3 the server's objection to a client certificate comes after the handshake, and so do its session tickets. */
const LATE_ALERT_MS = 120;

/** Where the certificate of the server goes, valid or not. */
export interface CertificateSeen {
  validTo: string | null;
}

/** Encrypts a line with the declared options, and waits for late alerts. */
export async function encrypt(
  line: Line,
  material: TlsMaterial,
  budget: Budget,
  seen: CertificateSeen,
): Promise<Outcome<Wire>> {
  const startedAt = performance.now();
  const handshake = await shakePatiently(line, material, budget);
  if (typeof handshake === 'string') return fail(handshake);
  seen.validTo = handshake.validTo;
  if (handshake.kind === 'failed') {
    const code = await explainFailure(line, handshake, material, budget);
    if (code.startsWith('TLS_')) seen.validTo ??= await readValidTo(line.endpoint, material.options, budget);
    return fail(code);
  }
  const wire = new Wire(handshake.socket, budget);
  await untilAccepted(handshake.socket, wire, Math.max(LATE_ALERT_MS, 2 * (performance.now() - startedAt)));
  const alert = tlsFaultOf(wire.errorCode ?? '', true, material.hasClientCertificate);
  return alert === null ? pass(wire) : fail(alert);
}

/**
 * Waits until it is known that the server accepts this side: a session ticket of TLS 1.3 says so, and in TLS 1.2 the end
 * of the handshake did. A server that sends no tickets objects at once or not at all.
 */
async function untilAccepted(socket: TLSSocket, wire: Wire, patienceMs: number): Promise<void> {
  if (socket.getProtocol() !== 'TLSv1.3') return;
  const ticket = Promise.withResolvers<void>();
  socket.once('session', () => ticket.resolve());
  await Promise.race([ticket.promise, wire.untilClosed(patienceMs)]);
}

/** Another encrypted connection to where one was possible a moment ago. */
export async function encryptAnother({ endpoint }: Line, material: TlsMaterial, budget: Budget): Promise<Wire | null> {
  const dialed = await dial(endpoint, budget, budget.cap(PATIENCE_MS, 0.3));
  if ('error' in dialed) return null;
  const handshake = await budget.within(shake(dialed, material, budget), budget.cap(PATIENCE_MS, 0.5));
  return handshake?.kind === 'secure' ? new Wire(handshake.socket, budget) : null;
}

function shake(line: Line, { context, options }: TlsMaterial, budget: Budget): Promise<Handshake> {
  return shakeHands(line.socket, { ...options, secureContext: context }, budget).done;
}

async function shakePatiently(line: Line, material: TlsMaterial, budget: Budget): Promise<Handshake | FaultCode> {
  const startedAt = performance.now();
  const attempt = shake(line, material, budget);
  const early = await budget.within(attempt, budget.cap(PATIENCE_MS, 0.3));
  if (early !== null) return early;
  const voice = await askInPlain(line.endpoint, budget);
  if (voice === 'resp') return 'TLS_NOT_SUPPORTED';
  if (voice === 'other') return 'NOT_REDIS';
  const leftMs = HANDSHAKE_MS - (performance.now() - startedAt);
  return (await budget.within(attempt, leftMs)) ?? 'TLS_HANDSHAKE_TIMEOUT';
}

type Failure = Extract<Handshake, { kind: 'failed' }>;

async function explainFailure(
  line: Line,
  { errorCode, validTo }: Failure,
  material: TlsMaterial,
  budget: Budget,
): Promise<FaultCode> {
  const fault = tlsFaultOf(errorCode, validTo !== null, material.hasClientCertificate);
  if (fault !== null) return fault;
  const voice = await askInPlain(line.endpoint, budget);
  if (voice === 'resp') return 'TLS_NOT_SUPPORTED';
  if (voice === 'other') return 'NOT_REDIS';
  return (await answersTls(line.endpoint, budget)) ? 'TLS_HANDSHAKE_FAILED' : 'CONN_CLOSED_EARLY';
}
