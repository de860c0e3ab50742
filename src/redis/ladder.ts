import { factsOf } from '../core/diagnosis/fault-facts.ts';
import { createFault, type Fault, type FaultCode, type LadderStep } from '../core/diagnosis/faults.ts';
import type { Address, ConnectionTarget } from '../core/target.ts';
import { Budget } from './ladder/budget.ts';
import { dial, dialAny, type Line } from './ladder/dial.ts';
import { encrypt, encryptAnother } from './ladder/encrypt.ts';
import { authenticate, exchangeNonce, select } from './ladder/enter.ts';
import { listen, ping } from './ladder/greet.ts';
import { tlsFaultOf } from './ladder/handshake.ts';
import { sayHello } from './ladder/hello.ts';
import { lookUp } from './ladder/look-up.ts';
import type { ServerIdentity, Session } from './ladder/session.ts';
import { fail, type Outcome, pass, StepLog, skip } from './ladder/step-log.ts';
import { readTlsMaterial, type TlsMaterial } from './ladder/tls-material.ts';
import { Wire } from './ladder/wire.ts';

export interface LadderResult {
  readonly outcome: 'pass' | 'fail';
  /** Why the target cannot be used; null when it can. */
  readonly fault: Fault | null;
  /** What works but is not as it should be. Their own `class` says who has to act; their `steps` are empty. */
  readonly warnings: readonly Fault[];
  /** Always all steps, in their order. */
  readonly steps: readonly LadderStep[];
  readonly server: ServerIdentity | null;
  /** Round trip of a PING with a nonce. */
  readonly pingMs: number | null;
  /** What the server has shown, valid or not; `validTo` in ISO 8601. */
  readonly certificate: { readonly validTo: string } | null;
}

export interface LadderOptions {
  /** The verdict comes within this time. Below about a second silent servers are judged on shorter waits. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** What one climb knows so far. */
interface Climb {
  readonly target: ConnectionTarget;
  readonly budget: Budget;
  readonly log: StepLog;
  readonly warnings: Set<FaultCode>;
  session: Session | null;
  validTo: string | null;
}

/**
 * Finds out on bare sockets whether one standalone server can be used with exactly these options, and if not, why.
 * Everything that can be wrong with the server, the network or the configuration is a value; rejects only with the
 * reason of the signal. Leaves no socket and no timer behind. Replies, banners and messages of libraries never get out.
 */
export async function climb(target: ConnectionTarget, options: LadderOptions): Promise<LadderResult> {
  options.signal?.throwIfAborted();
  using budget = new Budget(options.deadlineMs);
  const warnings = new Set<FaultCode>();
  const state: Climb = { target, budget, log: new StepLog(budget), warnings, session: null, validTo: null };
  const ends = Promise.withResolvers<Outcome<null>>();
  const onAbort = () => ends.reject(options.signal?.reason);
  const timer = setTimeout(() => ends.resolve(fail('PROBE_DEADLINE')), options.deadlineMs);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return toResult(state, await Promise.race([ascend(state), ends.promise]));
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

async function ascend(climb: Climb): Promise<Outcome<null>> {
  const impossible = faultOfAddress(climb.target.address);
  if (impossible !== null) return climb.log.run('dns', async () => fail(impossible));
  const material = climb.target.tls === null ? null : readTlsMaterial(climb.target, climb.target.tls);
  if (climb.target.tls !== null && material === null) return climb.log.run('tls', async () => refuseMaterial());
  const session = await connect(climb, material);
  if (!session.ok) return session;
  climb.session = session.value;
  for (const [name, step] of STEPS) {
    const outcome = await climb.log.run(name, () => step(session.value));
    if (!outcome.ok) return outcome;
  }
  return pass(null);
}

const STEPS = [
  ['listen', listen],
  ['ping', ping],
  ['auth', authenticate],
  ['hello', sayHello],
  ['select', select],
  ['nonce', exchangeNonce],
] as const;

const refuseMaterial = () => fail('TLS_LOCAL_MATERIAL_INVALID', 'the local material was refused before any connection');

/** What the operating system would not even accept as an address. */
function faultOfAddress(address: Address): FaultCode | null {
  if ('path' in address) return address.path === '' || address.path.includes('\0') ? 'SOCKET_PATH_MISSING' : null;
  const isPort = Number.isInteger(address.port) && address.port > 0 && address.port <= 65_535;
  if (!isPort) return 'CONFIG_PORT_INVALID';
  return address.host.trim() === '' || address.host.includes('\0') ? 'DNS_NOT_FOUND' : null;
}

async function connect(climb: Climb, material: TlsMaterial | null): Promise<Outcome<Session>> {
  const { log, budget, target } = climb;
  const endpoints = await log.run('dns', () => lookUp(target.address, budget));
  if (!endpoints.ok) return endpoints;
  const line = await log.run('tcp', () => dialAny(endpoints.value, budget));
  if (!line.ok) return line;
  const wire = await log.run('tls', () => openWire(climb, line.value, material));
  return wire.ok ? pass(createSession(climb, line.value, wire.value, material)) : wire;
}

async function openWire(climb: Climb, line: Line, material: TlsMaterial | null): Promise<Outcome<Wire>> {
  if (material === null) return skip(new Wire(line.socket, climb.budget), 'no TLS declared');
  return encrypt(line, material, climb.budget, climb);
}

function createSession(climb: Climb, line: Line, wire: Wire, material: TlsMaterial | null): Session {
  const { target, budget, warnings } = climb;
  return {
    target,
    budget,
    endpoint: line.endpoint,
    wire,
    isEncrypted: material !== null,
    openAnother: () => (material === null ? openPlain(line, budget) : encryptAnother(line, material, budget)),
    faultOfAlert: (errorCode) => tlsFaultOf(errorCode, true, material?.hasClientCertificate ?? false),
    warnings,
    needsPassword: false,
    authenticateByHello: false,
    server: null,
    pingMs: null,
  };
}

async function openPlain({ endpoint }: Line, budget: Budget): Promise<Wire | null> {
  const dialed = await dial(endpoint, budget, budget.cap(300, 0.3));
  return 'socket' in dialed ? new Wire(dialed.socket, budget) : null;
}

function toResult({ target, log, warnings, session, validTo }: Climb, outcome: Outcome<null>): LadderResult {
  const facts = factsOf(target);
  const steps = log.toSteps();
  return {
    outcome: outcome.ok ? 'pass' : 'fail',
    fault: outcome.ok ? null : createFault(outcome.code, facts, steps),
    warnings: [...warnings].map((code) => createFault(code, facts, [])),
    steps,
    server: session?.server ?? null,
    pingMs: outcome.ok ? (session?.pingMs ?? null) : null,
    certificate: validTo === null ? null : { validTo },
  };
}
