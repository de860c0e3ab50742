import type { EnvironmentName } from '../environment.ts';
import type { Origin } from '../origin.ts';
import { DEFAULT_THRESHOLDS } from '../thresholds.ts';
import { type Section, uniformSection } from './section.ts';

export const BUILT_IN: Origin = { layer: 'environment-default' };

const CONNECTION_DEFAULTS = {
  pool: { min: 1, max: 10, idleTimeoutMs: 30_000, acquireTimeoutMs: 2000 },
  timeouts: { connectMs: 5000, commandMs: 2000, keepAliveMs: 30_000 },
  retry: { maxAttempts: 5, baseMs: 100, capMs: 2000 },
  healthCheckIntervalMs: 30_000,
  thresholds: DEFAULT_THRESHOLDS,
} as const;

/** The lowest layer of every connection and threshold. */
export const BUILT_IN_CONNECTION: Section = uniformSection(BUILT_IN, CONNECTION_DEFAULTS);

/** Addresses that exist by default in development and test only. */
export const DEFAULT_ADDRESSES: Readonly<Partial<Record<EnvironmentName, Readonly<Record<string, string>>>>> = {
  development: { host: 'localhost:6379', container: 'dev-redis:6379' },
  test: { host: 'localhost:6381', container: 'test-redis:6379' },
};

/** The database of connections that declare none; tests stay away from what developers keep in 0. */
export const DEFAULT_DB: Readonly<Partial<Record<EnvironmentName, number>>> = { test: 1 };
