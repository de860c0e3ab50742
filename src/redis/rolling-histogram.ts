export interface Quantiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface RollingSpan {
  readonly slotMs: number;
  readonly slots: number;
}

/** Neighbouring buckets differ by 8 %: a quantile is off by at most 4 %. Below the floor it is 0. */
const GROWTH = 1.08;
const FLOOR_MS = 0.01;
const CEILING_MS = 60_000;
const BUCKETS = bucketOf(CEILING_MS) + 1;

/**
 * Durations of the last `slots * slotMs` milliseconds in fixed memory: recording and asking cost the same after one
 * value as after millions. Times are any monotonic milliseconds, given by the caller.
 */
export class RollingHistogram {
  readonly #span: RollingSpan;
  readonly #slots: Uint32Array[];
  readonly #total = new Uint32Array(BUCKETS);
  #newest = Number.NEGATIVE_INFINITY;

  constructor(span: RollingSpan) {
    this.#span = span;
    this.#slots = Array.from({ length: span.slots }, () => new Uint32Array(BUCKETS));
  }

  record(durationMs: number, nowMs: number): void {
    this.#advance(nowMs);
    const bucket = Math.min(bucketOf(durationMs), BUCKETS - 1);
    const slot = this.#slotAt(this.#newest);
    slot[bucket] = (slot[bucket] ?? 0) + 1;
    this.#total[bucket] = (this.#total[bucket] ?? 0) + 1;
  }

  /** Null without values. */
  quantiles(nowMs: number): Quantiles {
    this.#advance(nowMs);
    const count = this.#total.reduce((sum, value) => sum + value, 0);
    return { p50: this.#quantile(0.5, count), p95: this.#quantile(0.95, count), p99: this.#quantile(0.99, count) };
  }

  #quantile(fraction: number, count: number): number | null {
    if (count === 0) return null;
    let missing = Math.ceil(count * fraction);
    const bucket = this.#total.findIndex((value) => {
      missing -= value;
      return missing <= 0;
    });
    return bucketValue(bucket);
  }

  #slotAt(slotNumber: number): Uint32Array {
    const { length } = this.#slots;
    return this.#slots[((slotNumber % length) + length) % length] as Uint32Array; // in range by construction
  }

  #advance(nowMs: number): void {
    const current = Math.floor(nowMs / this.#span.slotMs);
    const oldestKept = current - this.#span.slots;
    for (let slot = Math.max(this.#newest + 1, oldestKept + 1); slot <= current; slot++) this.#clear(slot);
    this.#newest = Math.max(this.#newest, current);
  }

  #clear(slotNumber: number): void {
    const slot = this.#slotAt(slotNumber);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#total[bucket] = (this.#total[bucket] ?? 0) - (slot[bucket] ?? 0);
    }
    slot.fill(0);
  }
}

function bucketOf(durationMs: number): number {
  return durationMs < FLOOR_MS ? 0 : 1 + Math.floor(Math.log(durationMs / FLOOR_MS) / Math.log(GROWTH));
}

/** The middle of a bucket in three significant digits. */
function bucketValue(bucket: number): number {
  return bucket === 0 ? 0 : Number((FLOOR_MS * GROWTH ** (bucket - 0.5)).toPrecision(3));
}
