import { performance } from 'node:perf_hooks';
import type { FaultCode, LadderStep, LadderStepName } from '../../core/diagnosis/faults.ts';
import type { Budget } from './budget.ts';

/** All that a step may say about itself besides its status. */
export type Note =
  | 'the address needs no look-up'
  | 'no TLS declared'
  | 'no password declared'
  | 'the default database'
  | 'not reached'
  | 'not all addresses of the name accept connections'
  | 'the local material was refused before any connection'
  | 'the server asks for a password'
  | 'the default user needs no password'
  | 'the server has no password'
  | 'AUTH is renamed, HELLO carries the credentials'
  | 'the server speaks RESP2 only'
  | 'writes are refused';

/** What a step found. Expected failures are values. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly note?: Note; readonly skipped?: true }
  | { readonly ok: false; readonly code: FaultCode; readonly note?: Note };

export function pass<T>(value: T, note?: Note): Outcome<T> {
  return note === undefined ? { ok: true, value } : { ok: true, value, note };
}

export function skip<T>(value: T, note: Note): Outcome<T> {
  return { ok: true, value, note, skipped: true };
}

export function fail(code: FaultCode, note?: Note): Outcome<never> {
  return note === undefined ? { ok: false, code } : { ok: false, code, note };
}

const STEP_NAMES: readonly LadderStepName[] = [
  'dns',
  'tcp',
  'tls',
  'listen',
  'ping',
  'auth',
  'hello',
  'select',
  'nonce',
];

/** A step that would have less time than this is not worth its verdict. */
const STEP_MS_MIN = 30;

/** Runs the steps of one climb and remembers how they went. */
export class StepLog {
  readonly #done = new Map<LadderStepName, LadderStep>();
  readonly #budget: Budget;
  #running: { readonly name: LadderStepName; readonly startedAt: number } | null = null;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  async run<T>(name: LadderStepName, work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const startedAt = performance.now();
    this.#running = { name, startedAt };
    const outcome = this.#budget.remainingMs() < STEP_MS_MIN ? fail('PROBE_DEADLINE') : await work();
    const status = outcome.ok ? (outcome.skipped ? 'skip' : 'pass') : 'fail';
    const note = outcome.note === undefined ? {} : { note: outcome.note };
    this.#done.set(name, { name, status, durationMs: elapsedMs(startedAt), ...note });
    this.#running = null;
    return outcome;
  }

  /** All steps in their order: one that still runs has failed, one that never ran is skipped. */
  toSteps(): readonly LadderStep[] {
    return STEP_NAMES.map((name) => this.#done.get(name) ?? this.#unfinished(name));
  }

  #unfinished(name: LadderStepName): LadderStep {
    if (this.#running?.name === name) return { name, status: 'fail', durationMs: elapsedMs(this.#running.startedAt) };
    return { name, status: 'skip', durationMs: 0, note: 'not reached' satisfies Note };
  }
}

/** Milliseconds with two decimals. */
export function elapsedMs(since: number): number {
  return Math.round((performance.now() - since) * 100) / 100;
}
