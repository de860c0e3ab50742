import type { Traced } from '../origin.ts';
import type { TracedFields } from '../resolved.ts';
import { DEFAULT_THRESHOLDS, type Thresholds } from '../thresholds.ts';
import { resolveNumbers } from './fields.ts';
import { type Section, subsections } from './section.ts';

const THRESHOLDS = Object.keys(DEFAULT_THRESHOLDS) as (keyof Thresholds)[]; // keys of a literal

/** Limits of a deployment, over those of `defaults`. */
export function resolveThresholds(sections: readonly Section[]): TracedFields<Thresholds> {
  return resolveNumbers(subsections(sections, 'thresholds'), THRESHOLDS);
}

/** How often a consumer should check the connection, in milliseconds. */
export function resolveHealthCheckInterval(sections: readonly Section[]): Traced<number> {
  return resolveNumbers(sections, ['healthCheckIntervalMs']).healthCheckIntervalMs;
}
