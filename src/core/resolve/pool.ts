import type { Pool, TracedFields } from '../resolved.ts';
import { type ResolveContext, report } from './context.ts';
import { resolveNumbers } from './fields.ts';
import type { Section } from './section.ts';

/** Pool of a connection; times in milliseconds. */
export function resolvePool(sections: readonly Section[], path: string, context: ResolveContext): TracedFields<Pool> {
  const pool = resolveNumbers(sections, ['min', 'max', 'idleTimeoutMs', 'acquireTimeoutMs']);
  if (pool.min.value > pool.max.value) {
    const message = `pool.min is ${pool.min.value}, but pool.max is ${pool.max.value}.`;
    const place = { path: `${path}.min`, origin: pool.min.origin };
    report(context, 'POOL_MIN_ABOVE_MAX', place, message, 'Lower min or raise max.');
  }
  return pool;
}
