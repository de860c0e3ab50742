import type { Origin } from './origin.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Something worth telling. `message` is the cause, `fix` what to do; neither ever quotes a value that may be secret. */
export interface Finding {
  /** Stable, SCREAMING_SNAKE_CASE. */
  readonly code: string;
  readonly severity: Severity;
  /** Dotted path of what is wrong, `deployments.main.addresses.container`. */
  readonly path: string;
  readonly origin: Origin | null;
  readonly message: string;
  readonly fix: string;
}
