import type { SecretReading } from '../core/secret-reading.ts';
import type { VariableLayer } from '../core/variables.ts';

/** Reads `{ env: NAME }`: the process's variable, else that of `.env.<environment>`, else that of `.env`. */
export function readVariable(name: string, layers: readonly VariableLayer[], readAt: string): SecretReading {
  const variable = layers.findLast((layer) => layer.variables.has(name))?.variables.get(name);
  if (variable === undefined) return { ok: false, problem: 'missing' };
  if (variable.value.isEmpty) return { ok: false, problem: 'empty' };
  return { ok: true, secret: variable.value, readAt };
}
