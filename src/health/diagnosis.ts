import { factsOf } from '../core/diagnosis/fault-facts.ts';
import { createFault, type Fault, type FaultCode } from '../core/diagnosis/faults.ts';
import type { ConnectionTarget } from '../core/target.ts';
import type { Clock } from '../redis/clock.ts';

/** Finds out why a server cannot be used, `climb` in production. May reject when `signal` is aborted. */
export type Diagnose = (
  target: ConnectionTarget,
  options: { readonly deadlineMs: number; readonly signal: AbortSignal },
) => Promise<{ readonly fault: Fault | null; readonly warnings: readonly Fault[] }>;

export interface DiagnosisOptions {
  readonly target: ConnectionTarget;
  readonly diagnose: Diagnose;
  readonly clock: Clock;
  /** Told when {@link Diagnosis.faultFor} has something new to say. */
  readonly onChange: () => void;
}

const DEADLINE_MS = 3000;
/** Between two examinations of what looks the same, and of what looks different. */
const SAME_INTERVAL_MS = 5000;
const OTHER_INTERVAL_MS = 1000;

interface Finding {
  readonly code: FaultCode;
  readonly fault: Fault | null;
}

/** Explains symptoms: at once from their code alone, a moment later by an examination. One at a time. */
export class Diagnosis implements Disposable {
  readonly #options: DiagnosisOptions;
  #running: AbortController | null = null;
  #startedMs = Number.NEGATIVE_INFINITY;
  #last: Finding | null = null;

  constructor(options: DiagnosisOptions) {
    this.#options = options;
  }

  /** The best explanation so far; asks for a better one in the background. */
  faultFor(code: FaultCode): Fault {
    const fault = this.#last?.code === code ? this.#last.fault : null;
    return fault ?? createFault(code, factsOf(this.#options.target), []);
  }

  /** Examines unless that is under way or was done a moment ago. */
  examine(code: FaultCode): void {
    const sinceMs = this.#options.clock.monotonicMs() - this.#startedMs;
    const intervalMs = this.#last?.code === code ? SAME_INTERVAL_MS : OTHER_INTERVAL_MS;
    if (this.#running === null && sinceMs >= intervalMs) void this.#examine(code);
  }

  /** Forgets what was found: it is over. */
  reset(): void {
    this.#running?.abort();
    this.#running = null;
    this.#last = null;
    this.#startedMs = Number.NEGATIVE_INFINITY;
  }

  [Symbol.dispose](): void {
    this.#running?.abort();
  }

  async #examine(code: FaultCode): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    this.#startedMs = this.#options.clock.monotonicMs();
    const fault = await this.#ask(running.signal);
    if (this.#running !== running) return;
    this.#running = null;
    this.#last = { code, fault };
    if (!running.signal.aborted) this.#options.onChange();
  }

  async #ask(signal: AbortSignal): Promise<Fault | null> {
    try {
      const { diagnose, target } = this.#options;
      return (await diagnose(target, { deadlineMs: DEADLINE_MS, signal })).fault;
    } catch {
      // Without an examination the explanation from the code stays; a health answer never depends on one.
      return null;
    }
  }
}
