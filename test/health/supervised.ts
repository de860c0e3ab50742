import { inspect } from 'node:util';
import { expect } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { ConnectionTarget } from '../../src/core/target.ts';
import { DEFAULT_THRESHOLDS } from '../../src/core/thresholds.ts';
import type { DeploymentHealth } from '../../src/health/deployment-health.ts';
import {
  type DeploymentMonitor,
  type StateChange,
  type SuperviseOptions,
  superviseDeployment,
} from '../../src/health/monitor.ts';
import { climb } from '../../src/redis/ladder.ts';
import { targetOf } from '../redis/ladder-target.ts';

/** In every password of these tests: it may be found nowhere in an answer. */
export const CANARY = 'canary-4Kq9-p@ss';

export const withCanary = (changes: Partial<ConnectionTarget> = {}): Partial<ConnectionTarget> => ({
  password: new Secret(CANARY),
  ...changes,
});

export interface Supervised extends AsyncDisposable {
  readonly monitor: DeploymentMonitor;
  readonly events: readonly StateChange[];
  /** Checks, and makes sure for every case that no secret shows. */
  check(): Promise<DeploymentHealth>;
}

/** The usual ones, but for what a busy test machine can violate. */
export const THRESHOLDS = { ...DEFAULT_THRESHOLDS, pingP95MsMax: 10_000 };

/** A monitor as the service runs it, with a pool of 1 to 4 connections. */
export function supervise(
  port: number,
  changes: Partial<ConnectionTarget> = {},
  options: Partial<SuperviseOptions> = {},
): Supervised {
  const events: StateChange[] = [];
  const pool = { min: 1, max: 10, idleTimeoutMs: 30_000, acquireTimeoutMs: 2000 };
  const timeouts = { connectMs: 5000, commandMs: 2000, keepAliveMs: 30_000 };
  const monitor = superviseDeployment(targetOf(port, { clientName: 'beacon:main', pool, timeouts, ...changes }), {
    thresholds: THRESHOLDS,
    deadlineMs: 800,
    diagnose: climb,
    onStateChange: (event) => events.push(event),
    ...options,
  });
  return {
    monitor,
    events,
    check: async () => {
      const health = await monitor.check();
      const shown = JSON.stringify(health) + inspect([health, monitor, events], { depth: null, showHidden: true });
      expect(shown).not.toContain(CANARY);
      return health;
    },
    [Symbol.asyncDispose]: () => monitor[Symbol.asyncDispose](),
  };
}

/** Milliseconds that `work` takes. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly tookMs: number }> {
  const startedAt = performance.now();
  const value = await work();
  return { value, tookMs: performance.now() - startedAt };
}
