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
  const plain = text.replace(/^\uFEFF/, ''); // editors on Windows write it, and it would become part of the first name
  const places = findNames(plain);
  const variables = Object.entries(parseEnv(plain)).map(([name, value]): [string, Variable] => {
    const place = places.get(name) ?? { line: 1, column: 1 };
    return [name, { name, value: new Secret(value ?? ''), origin: { layer, variable: name, file, ...place } }];
  });
  return { layer, variables: new Map(variables) };
}

function findNames(text: string): Map<string, { line: number; column: number }> {
  const places = new Map<string, { line: number; column: number }>();
  for (const [index, line] of text.split('\n').entries()) {
    const match = /^(\s*(?:export\s+)?)([A-Za-z_][A-Za-z0-9_.-]*)\s*=/.exec(line);
    if (match !== null) places.set(match[2] ?? '', { line: index + 1, column: (match[1]?.length ?? 0) + 1 });
  }
  return places;
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
