import { setImmediate } from 'node:timers/promises';

const SLICE_MS = 6;

/**
 * Runs `each` for every item and lets requests through every few milliseconds: activating a large catalog must not
 * make anybody wait.
 */
export async function inSlices<T>(items: Iterable<T>, each: (item: T) => void): Promise<void> {
  let sliceEnds = performance.now() + SLICE_MS;
  for (const item of items) {
    each(item);
    if (performance.now() < sliceEnds) continue;
    await setImmediate();
    sliceEnds = performance.now() + SLICE_MS;
  }
}
