import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCatalog } from '../../src/catalog/document.ts';
import { parseEnvFile, processVariables } from '../../src/catalog/env-file.ts';
import { readSources } from '../../src/catalog/sources.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** Value, line and column by name. */
function read(text: string): Record<string, [string, number | undefined, number | undefined]> {
  const { variables } = parseEnvFile(text, '.env', 'env-file');
  return Object.fromEntries(
    [...variables].map(([name, { value, origin }]) => [name, [value.reveal(), origin.line, origin.column]]),
  );
}

test.each<[string, string, ReturnType<typeof read>]>([
  ['plain lines', 'A=1\nB=2', { A: ['1', 1, 1], B: ['2', 2, 1] }],
  ['comments, empty lines and export', '# A=0\n\nexport A=1 # why\n', { A: ['1', 3, 8] }],
  ['quotes', 'A="x # y"\nB=\'z\'\n', { A: ['x # y', 1, 1], B: ['z', 2, 1] }],
  [
    'a value of several lines',
    'A="-----BEGIN\nB=no\n-----END"\nC=1\n',
    { A: ['-----BEGIN\nB=no\n-----END', 1, 1], C: ['1', 4, 1] },
  ],
  ['the last line of a name', 'A=1\nA=2\n', { A: ['2', 2, 1] }],
  ['line breaks of Windows', 'A=1\r\nB=2\r\n', { A: ['1', 1, 1], B: ['2', 2, 1] }],
  ['a byte order mark', '\uFEFFA=1\n', { A: ['1', 1, 1] }],
  ['an empty value', 'A=\n', { A: ['', 1, 1] }],
  ['a value with =', 'A=redis://u:p%3D@h/0?x=y\n', { A: ['redis://u:p%3D@h/0?x=y', 1, 1] }],
  ['what is no setting', 'no setting\n', {}],
])('reads %s', (_title, text, expected) => {
  expect(read(text)).toEqual(expected);
});

test('an origin names layer, file and variable', () => {
  expect(parseEnvFile('A=1', '.env.test', 'env-file-environment').variables.get('A')?.origin).toEqual({
    layer: 'env-file-environment',
    variable: 'A',
    file: '.env.test',
    line: 1,
    column: 1,
  });
});

test('of the files, .env.<environment> goes before .env, and the process before both', async () => {
  await using directory = await temporaryDirectory();
  await writeFile(join(directory.path, '.env'), 'REDIS_HOST=dot\nREDIS_PORT=1\nREDIS_DB=1\n');
  await writeFile(join(directory.path, '.env.test'), 'REDIS_HOST=dot-test\nREDIS_PORT=2\n');
  await writeFile(join(directory.path, '.env.production'), 'REDIS_HOST=dot-production\n');
  const environment = { name: 'test', detectedFrom: 'ENVIRONMENT' } as const;
  const settings = { environment, directory: directory.path, catalog: null, variables: { REDIS_HOST: 'process' } };
  const { variables } = await readSources(settings, parseCatalog, '2026-11-21T10:00:00.000Z');

  expect(variables.map(({ layer, variables: all }) => [layer, ...[...all.keys()].toSorted()])).toEqual([
    ['env-file', 'REDIS_DB', 'REDIS_HOST', 'REDIS_PORT'],
    ['env-file-environment', 'REDIS_HOST', 'REDIS_PORT'],
    ['process', 'REDIS_HOST'],
  ]);
});

test('the variables of the process are a layer, too', () => {
  const { layer, variables } = processVariables({ A: '1', B: undefined, C: '' });

  expect(layer).toBe('process');
  expect([...variables.values()].map(({ name, value, origin }) => [name, value.reveal(), origin])).toEqual([
    ['A', '1', { layer: 'process', variable: 'A' }],
    ['C', '', { layer: 'process', variable: 'C' }],
  ]);
});
