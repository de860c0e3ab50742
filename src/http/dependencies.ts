import type { Activation } from '../catalog/activation.ts';
import type { Access } from '../core/access.ts';
import type { Environment } from '../core/environment.ts';
import type { HealthReporter } from '../health/report.ts';

/** What the routes work with. */
export interface RouteDependencies {
  readonly activation: Activation;
  readonly health: HealthReporter;
  readonly environment: Environment;
  readonly network: { readonly name: string; readonly detectedFrom: string };
  /**
   * True when whoever reaches the listener is trusted to read in development and test: it is bound to loopback, or
   * to the network of the containers.
   */
  readonly listenerIsPrivate: boolean;
  readonly isDraining: () => boolean;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** The access rules in force, also while a candidate waits for its proof; null: there are none yet. */
export function accessInForce({ activation }: RouteDependencies): Access | null {
  return activation.access;
}

/** May somebody without a token read configuration? */
export function anonymousAllowed(access: Access, dependencies: RouteDependencies): boolean {
  if (access.waive !== null) return true;
  return !access.required && dependencies.listenerIsPrivate;
}
