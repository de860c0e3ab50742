import { inspect } from 'node:util';
import { expect } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { ConnectionTarget, TlsTarget } from '../../src/core/target.ts';
import { climb, type LadderOptions, type LadderResult } from '../../src/redis/ladder.ts';

/** In every target of these tests that sends a password: it may be found nowhere in a result. */
export const CANARY = 'canary-7Fh2-p@ss';

export function targetOf(port: number, changes: Partial<ConnectionTarget> = {}): ConnectionTarget {
  return {
    deployment: 'main',
    address: { host: '127.0.0.1', port },
    otherAddresses: {},
    network: 'host',
    db: 0,
    username: null,
    password: null,
    tls: null,
    clientName: 'test:ladder',
    pool: { min: 0, max: 1, idleTimeoutMs: 1000, acquireTimeoutMs: 1000 },
    timeouts: { connectMs: 1000, commandMs: 1000, keepAliveMs: 1000 },
    ...changes,
  };
}

export function tlsOf(changes: Partial<TlsTarget> = {}): TlsTarget {
  return {
    ca: null,
    cert: null,
    key: null,
    servername: null,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...changes,
  };
}

export const withPassword = (changes: Partial<ConnectionTarget> = {}): Partial<ConnectionTarget> => ({
  password: new Secret(CANARY),
  ...changes,
});

/** Climbs, and makes sure for every case that the deadline holds and that no secret is in what comes back. */
export async function examine(target: ConnectionTarget, options: Partial<LadderOptions> = {}): Promise<LadderResult> {
  const deadlineMs = options.deadlineMs ?? 4000;
  const startedAt = performance.now();
  const result = await climb(target, { ...options, deadlineMs });
  expect(performance.now() - startedAt).toBeLessThan(deadlineMs + 250);
  const shown = `${JSON.stringify(result)}${inspect(result, { depth: null, showHidden: true })}`;
  expect(shown).not.toContain(CANARY);
  expect(shown).not.toContain('-----BEGIN');
  return result;
}

/** Verdict and the step that gave it: `fail CONN_REFUSED at tcp`, `pass`. */
export function verdictOf(result: LadderResult): string {
  if (result.fault === null) return result.outcome;
  const failed = result.steps.filter((step) => step.status === 'fail').map((step) => step.name);
  return `${result.outcome} ${result.fault.code} at ${failed.join(', ')}`;
}

export const warningsOf = (result: LadderResult): string[] => result.warnings.map((warning) => warning.code);
