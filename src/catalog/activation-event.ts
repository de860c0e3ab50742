import type { Fault } from '../core/diagnosis/faults.ts';
import type { Finding } from '../core/finding.ts';
import type { HistoryEntry } from './history.ts';
import type { Revision } from './revision.ts';

/** A candidate that was turned down: the last good revision stays. */
export interface Refusal {
  /** ISO 8601. */
  readonly at: string;
  readonly reasons: readonly Finding[];
}

/** A valid candidate that waits, in a strict environment, for Redis to answer. */
export interface Waiting {
  readonly since: string;
  readonly faults: readonly (readonly [deployment: string, fault: Fault])[];
}

export type ActivationEvent =
  | { readonly type: 'activated'; readonly revision: Revision; readonly entry: HistoryEntry }
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly kept: number | null }
  | { readonly type: 'waiting'; readonly waiting: Waiting };
