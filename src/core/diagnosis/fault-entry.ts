import type { FaultFacts } from './fault-facts.ts';

/**
 * Who has to act. `configuration`: cannot work until someone changes something, retrying is pointless.
 * `environment`: may pass by itself, retry. `warning`: works, but is not as declared.
 */
export type FaultClass = 'configuration' | 'environment' | 'warning';

/** One row of the catalogue. Cause and fix are composed from safe facts only, never from a reply or an error. */
export interface FaultEntry {
  readonly class: FaultClass;
  readonly title: string;
  readonly cause: (facts: FaultFacts) => string;
  readonly fix: (facts: FaultFacts) => string;
}
