import { setTimeout } from 'node:timers/promises';

const POLL_MS = 5;

/** The first truthy value of `condition`. Throws when there is none within `timeoutMs`. */
export async function until<T>(condition: () => T | Promise<T>, timeoutMs = 10_000): Promise<T> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > endsAt) throw new Error(`The condition did not hold within ${timeoutMs} ms.`);
    await setTimeout(POLL_MS);
  }
}
