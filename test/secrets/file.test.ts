import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readRegularFile, readSecretFile, SECRET_BYTES_MAX } from '../../src/secrets/file.ts';

const READ_AT = '2026-11-21T10:00:00.000Z';

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'redis-beacon-secrets-'));
});

afterAll(() => rm(directory, { recursive: true }));

async function read(path: string): Promise<unknown> {
  const reading = await readSecretFile(path, READ_AT);
  return reading.ok ? { value: reading.secret.reveal(), readAt: reading.readAt } : reading.problem;
}

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, content);
  return path;
}

test.each<[string, string | Buffer, string]>([
  ['as it is', 'hunter2', 'hunter2'],
  ['without the line break that editors add', 'hunter2\n', 'hunter2'],
  ['without that of Windows', 'hunter2\r\n', 'hunter2'],
  ['with any other white space', ' hunter2 \n\n', ' hunter2 \n'],
  ['with any Unicode', 'pä$$–漢😀', 'pä$$–漢😀'],
  ['without a byte order mark', '\uFEFFhunter2', 'hunter2'],
])('reads a secret %s', async (title, content, expected) => {
  expect(await read(await write(title.replaceAll(' ', '-'), content))).toEqual({ value: expected, readAt: READ_AT });
});

test.each<[string, string | Buffer, string]>([
  ['an empty file', '', 'empty'],
  ['a file with a line break only', '\n', 'empty'],
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]), 'not-text'],
  ['a file of more than 1 MiB', Buffer.alloc(SECRET_BYTES_MAX + 1, 'x'), 'too-large'],
])('I8: %s is an error', async (title, content, problem) => {
  expect(await read(await write(title.replaceAll(' ', '-'), content))).toBe(problem);
});

test('reads a file of exactly 1 MiB', async () => {
  expect(await read(await write('largest', Buffer.alloc(SECRET_BYTES_MAX, 'x')))).toEqual({
    value: 'x'.repeat(SECRET_BYTES_MAX),
    readAt: READ_AT,
  });
});

test.each<[string, () => Promise<string>, string]>([
  ['a file that does not exist', async () => join(directory, 'none'), 'missing'],
  ['a file below a file', async () => join(await write('plain', 'x'), 'below'), 'missing'],
  ['a link to nothing', async () => linkTo('dangling', 'nothing'), 'missing'],
  ['a link to itself', async () => linkTo('loop', 'loop'), 'unreadable'],
  ['a directory', async () => directory, 'not-a-file'],
  ['an endless device', async () => '/dev/zero', 'not-a-file'],
  ['the terminal', async () => '/dev/null', 'not-a-file'],
  ['a name with a zero byte', async () => 'a\0b', 'unreadable'],
  ['a name that is far too long', async () => `/${'x'.repeat(5000)}`, 'unreadable'],
])('I8: %s is an error, at once', async (_title, make, problem) => {
  expect(await read(await make())).toBe(problem);
});

test('a FIFO that nobody writes to does not block', async () => {
  const path = join(directory, 'fifo');
  execFileSync('mkfifo', [path]);

  expect(await read(path)).toBe('not-a-file');
});

test('a socket is no secret', async () => {
  const path = join(directory, 's');
  const server = createServer().listen(path);
  await new Promise((listening) => server.once('listening', listening));

  expect(await read(path)).toBe('unreadable');
  server.close();
});

async function linkTo(name: string, target: string): Promise<string> {
  const path = join(directory, name);
  await symlink(target, path);
  return path;
}

test('follows the links of a Kubernetes mount, before and after its swap', async () => {
  const mount = join(directory, 'mount');
  await mkdir(join(mount, '..1'), { recursive: true });
  await mkdir(join(mount, '..2'));
  await writeFile(join(mount, '..1', 'password'), 'old');
  await writeFile(join(mount, '..2', 'password'), 'new');
  await symlink('..1', join(mount, '..data'));
  await symlink(join('..data', 'password'), join(mount, 'password'));
  const before = await read(join(mount, 'password'));
  await symlink('..2', join(mount, '..data_tmp'));
  await rename(join(mount, '..data_tmp'), join(mount, '..data'));

  expect([before, await read(join(mount, 'password'))]).toEqual([
    { value: 'old', readAt: READ_AT },
    { value: 'new', readAt: READ_AT },
  ]);
});

test('reads other files with a limit of their own', async () => {
  const path = await write('four', 'four');

  expect(await readRegularFile(path, 4)).toEqual({ ok: true, content: Buffer.from('four') });
  expect(await readRegularFile(path, 3)).toEqual({ ok: false, problem: 'too-large' });
});
