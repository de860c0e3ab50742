import type { FaultCode } from '../core/diagnosis/faults.ts';
import type { Clock } from '../redis/clock.ts';
import { type Quantiles, RollingHistogram } from '../redis/rolling-histogram.ts';

export const WINDOW_SECONDS = 300;

const SLOT_MS = 1000;

export interface WindowSummary {
  readonly seconds: number;
  readonly probes: number;
  /** From 0 to 1; null without probes. */
  readonly successRate: number | null;
  /** Of the probes that succeeded, within 4 %. */
  readonly latencyMs: Quantiles;
  /** The last failure that lies in the window. */
  readonly lastFailure: { readonly at: string; readonly code: FaultCode } | null;
}

export type ProbeResult =
  | { readonly ok: true; readonly latencyMs: number }
  | { readonly ok: false; readonly code: FaultCode };

interface Slot {
  readonly second: number;
  probes: number;
  failures: number;
}

/** What became of the probes of the last five minutes, in fixed memory. */
export class ProbeWindow {
  readonly #clock: Clock;
  readonly #latency = new RollingHistogram({ slotMs: SLOT_MS, slots: WINDOW_SECONDS });
  /** Oldest first, only seconds with probes. */
  readonly #slots: Slot[] = [];
  #probes = 0;
  #failures = 0;
  #lastFailure: (NonNullable<WindowSummary['lastFailure']> & { readonly second: number }) | null = null;
  #cache: { readonly second: number; readonly summary: WindowSummary } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  record(result: ProbeResult): void {
    const nowMs = this.#clock.monotonicMs();
    const slot = this.#slotAt(secondOf(nowMs));
    slot.probes++;
    this.#probes++;
    if (result.ok) this.#latency.record(result.latencyMs, nowMs);
    else this.#recordFailure(slot, result.code);
    this.#cache = null;
  }

  /** The same object until something was recorded or a second has passed. */
  summary(): WindowSummary {
    const nowMs = this.#clock.monotonicMs();
    const second = secondOf(nowMs);
    if (this.#cache?.second !== second) this.#cache = { second, summary: this.#summarize(nowMs) };
    return this.#cache.summary;
  }

  #recordFailure(slot: Slot, code: FaultCode): void {
    slot.failures++;
    this.#failures++;
    this.#lastFailure = { second: slot.second, at: new Date(this.#clock.wallMs()).toISOString(), code };
  }

  #summarize(nowMs: number): WindowSummary {
    this.#dropOld(secondOf(nowMs));
    const failure = this.#lastFailure;
    return {
      seconds: WINDOW_SECONDS,
      probes: this.#probes,
      successRate: this.#probes === 0 ? null : (this.#probes - this.#failures) / this.#probes,
      latencyMs: this.#latency.quantiles(nowMs),
      lastFailure: failure === null ? null : { at: failure.at, code: failure.code },
    };
  }

  #slotAt(second: number): Slot {
    const last = this.#slots.at(-1);
    if (last?.second === second) return last;
    this.#dropOld(second);
    const slot = { second, probes: 0, failures: 0 };
    this.#slots.push(slot);
    return slot;
  }

  #dropOld(second: number): void {
    const oldest = second - WINDOW_SECONDS + 1;
    for (let slot = this.#slots[0]; slot !== undefined && slot.second < oldest; slot = this.#slots[0]) {
      this.#probes -= slot.probes;
      this.#failures -= slot.failures;
      this.#slots.shift();
    }
    if (this.#lastFailure !== null && this.#lastFailure.second < oldest) this.#lastFailure = null;
  }
}

function secondOf(monotonicMs: number): number {
  return Math.floor(monotonicMs / SLOT_MS);
}
