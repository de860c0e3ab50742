import type { Traced } from '../origin.ts';
import type { TracedFields } from '../resolved.ts';
import { candidates, isNumber, merge, type Section } from './section.ts';

/**
 * Resolves a section that consists of numbers. The lowest of `sections` is the built-in one and has every field,
 * so a field without a value is a bug.
 */
export function resolveNumbers<K extends string>(
  sections: readonly Section[],
  keys: readonly K[],
): TracedFields<Record<K, number>> {
  const entries = keys.map((key): [K, Traced<number>] => {
    const traced = merge(candidates(sections, key, isNumber));
    if (traced === null) throw new Error(`no built-in default for ${key}`);
    return [key, traced];
  });
  return Object.fromEntries(entries) as TracedFields<Record<K, number>>; // one entry for each key, by construction
}
