import { mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signFiles } from '../../src/catalog/file-signatures.ts';

let directory: string;
let count = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'redis-beacon-signatures-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

function newPath(): string {
  count += 1;
  return join(directory, `file-${count}`);
}

/** As it will be told when the file has rested. */
function later(...paths: string[]): Promise<string | null> {
  return signFiles(paths, Date.now() + 10_000);
}

describe('the signature of files', () => {
  test('stays the same while nothing changes', async () => {
    const path = newPath();
    await writeFile(path, 'content');
    expect(await later(path)).toBe(await later(path));
  });

  test('is not given for a file that changed a moment ago: the next change may leave the same times', async () => {
    const path = newPath();
    await writeFile(path, 'content');
    expect(await signFiles([path])).toBeNull();
  });

  test.each<[string, (path: string) => Promise<void>]>([
    ['other content of the same length', (path) => writeFile(path, 'CONTENT')],
    [
      'other content with the times of the old one',
      async (path) => {
        await writeFile(path, 'CONTENT');
        await utimes(path, 1_000_000_000, 1_000_000_000);
      },
    ],
    [
      'another file with the same content moved over it',
      async (path) => {
        await writeFile(`${path}.next`, 'content');
        await rename(`${path}.next`, path);
      },
    ],
    ['the file gone', (path) => rm(path)],
  ])('is another one after: %s', async (_what, change) => {
    const path = newPath();
    await writeFile(path, 'content');
    await utimes(path, 1_000_000_000, 1_000_000_000);
    const before = await later(path);
    await change(path);
    expect(await later(path)).not.toBe(before);
  });

  test('is another one when a symbolic link leads elsewhere', async () => {
    const [first, second, link] = [newPath(), newPath(), newPath()];
    await writeFile(first, 'content');
    await writeFile(second, 'content');
    await symlink(first, link);
    const before = await later(link);
    await symlink(second, `${link}.next`);
    await rename(`${link}.next`, link);
    expect(await later(link)).not.toBe(before);
  });

  test('counts files that are not there, and tells when one of them appears', async () => {
    const [present, missing] = [newPath(), newPath()];
    await writeFile(present, 'content');
    const before = await later(present, missing);
    await writeFile(missing, 'content');
    expect([before, await later(present, missing)]).toEqual([
      expect.stringContaining('ENOENT'),
      expect.not.stringContaining('ENOENT'),
    ]);
  });
});
