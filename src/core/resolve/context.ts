import type { Environment } from '../environment.ts';
import { createFinding, type Finding, type FindingCode } from '../finding.ts';
import type { Origin } from '../origin.ts';
import type { SecretReadings } from '../secret-reading.ts';

/** What every builder needs, and where it reports problems. */
export interface ResolveContext {
  readonly environment: Environment;
  /** The network in which this process runs. */
  readonly ownNetwork: string;
  readonly readings: SecretReadings;
  readonly findings: Finding[];
  /** What was reported; many services may share one mistake. */
  readonly reported: Set<string>;
}

/** Adds a finding with the severity that the environment gives to its code. */
export function report(
  context: ResolveContext,
  code: FindingCode,
  place: { readonly path: string; readonly origin: Origin | null },
  message: string,
  fix: string,
): void {
  const { path, origin } = place;
  const key = JSON.stringify([code, path, message]);
  if (context.reported.has(key)) return;
  context.reported.add(key);
  context.findings.push(createFinding(code, context.environment.name, { path, origin, message, fix }));
}
