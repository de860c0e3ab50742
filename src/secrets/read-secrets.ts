import type { SecretReading, SecretReadings } from '../core/secret-reading.ts';
import type { VariableLayer } from '../core/variables.ts';
import { readVariable } from './env.ts';
import { readSecretFile } from './file.ts';

/** Reads each reference (`env:NAME`, `file:PATH`) once. `readAt` is ISO 8601. */
export async function readSecrets(
  references: Iterable<string>,
  layers: readonly VariableLayer[],
  readAt: string,
): Promise<SecretReadings> {
  const unique = [...new Set(references)];
  const readings = await Promise.all(unique.map((reference) => readReference(reference, layers, readAt)));
  return new Map(unique.map((reference, index) => [reference, readings[index] ?? { ok: false, problem: 'missing' }]));
}

function readReference(
  reference: string,
  layers: readonly VariableLayer[],
  readAt: string,
): SecretReading | Promise<SecretReading> {
  const value = reference.slice(reference.indexOf(':') + 1);
  return reference.startsWith('file:') ? readSecretFile(value, readAt) : readVariable(value, layers, readAt);
}
