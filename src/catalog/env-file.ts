import { parseEnv } from 'node:util';
import { Secret } from '../core/secret.ts';
import type { Variable, VariableLayer } from '../core/variables.ts';

export const ENV_FILE_BYTES_MAX = 256 * 1024;

/** The variables of a `.env` file with their lines. The last line of a name wins, as everywhere. */
export function parseEnvFile(
  text: string,
  file: string,
  layer: Extract<VariableLayer['layer'], 'env-file' | 'env-file-environment'>,
): VariableLayer {
  const lines = new Map<string, number>();
  for (const [index, line] of text.split('\n').entries()) {
    const name = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=/.exec(line)?.[1];
    if (name !== undefined) lines.set(name, index + 1);
  }
  const variables = Object.entries(parseEnv(text)).map(([name, value]): [string, Variable] => [
    name,
    {
      name,
      value: new Secret(value ?? ''),
      origin: { layer, variable: name, file, line: lines.get(name) ?? 1, column: 1 },
    },
  ]);
  return { layer, variables: new Map(variables) };
}

/** The process's own variables as a layer. */
export function processVariables(variables: Readonly<Record<string, string | undefined>>): VariableLayer {
  const entries = Object.entries(variables).flatMap(([name, value]): [string, Variable][] =>
    value === undefined
      ? []
      : [[name, { name, value: new Secret(value), origin: { layer: 'process', variable: name } }]],
  );
  return { layer: 'process', variables: new Map(entries) };
}
