import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseEnvFile, processVariables } from '../../src/catalog/env-file.ts';
import { readSecrets } from '../../src/secrets/read-secrets.ts';

const LAYERS = [
  parseEnvFile('IN_ENV=e\nIN_BOTH=e\n', '.env', 'env-file'),
  parseEnvFile('IN_BOTH=d\nIN_ALL=d\n', '.env.development', 'env-file-environment'),
  processVariables({ IN_ALL: 'p', EMPTY: '' }),
];

test('reads each reference once, variables from the highest layer that has them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'redis-beacon-read-'));
  const path = join(directory, 'with:colon');
  await writeFile(path, 'f\n');
  const references = [
    'env:IN_ENV',
    'env:IN_BOTH',
    'env:IN_ALL',
    'env:EMPTY',
    'env:NONE',
    `file:${path}`,
    `file:${path}`,
  ];
  const readings = await readSecrets(references, LAYERS, '2026-11-21T10:00:00.000Z');
  await rm(directory, { recursive: true });

  expect(
    [...readings].map(([reference, reading]) => [reference, reading.ok ? reading.secret.reveal() : reading.problem]),
  ).toEqual([
    ['env:IN_ENV', 'e'],
    ['env:IN_BOTH', 'd'],
    ['env:IN_ALL', 'p'],
    ['env:EMPTY', 'empty'],
    ['env:NONE', 'missing'],
    [`file:${path}`, 'f'],
  ]);
});
