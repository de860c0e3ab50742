import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { redisCommand } from '../../src/testing/redis-command.ts';
import { environmentOf, processes, processOf } from '../support/processes.ts';

const MODULE = new URL('../../src/testing/redis-server.ts', import.meta.url).href;

/** What a child process tells about the server that it started. */
interface Told {
  readonly pid: number;
  readonly port: number;
  readonly directory: string;
}

let folder: string;
const parents: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parent-death-'));
  await Promise.all(['work', 'temporary'].map((name) => mkdir(join(folder, name))));
});

afterEach(async () => {
  for (const parent of parents.splice(0)) parent.kill('SIGKILL');
  // The watchers may still be at work in there.
  await expect.poll(() => processTable(), { timeout: 5000 }).not.toContain(folder);
  await rm(folder, { recursive: true, force: true });
});

it('leaves neither a process nor a folder when the parent is killed by SIGKILL', async () => {
  const parent = spawnParent(`${START} setInterval(() => {}, 1000);`);
  const told = await readTold(parent);
  expect(processTable()).toContain(told.directory);

  parent.kill('SIGKILL');

  await expect.poll(() => processTable(), { timeout: 5000 }).not.toContain(told.directory);
  expect(isRunning(told.pid)).toBe(false);
  await expect.poll(() => existsSync(told.directory), { timeout: 5000 }).toBe(false);
});

it('leaves nothing when the parent is killed while the server is frozen', async () => {
  const parent = spawnParent(`${START} redis.kill('SIGSTOP'); setInterval(() => {}, 1000);`);
  const told = await readTold(parent);

  parent.kill('SIGKILL');

  await expect.poll(() => isRunning(told.pid), { timeout: 5000 }).toBe(false);
  await expect.poll(() => existsSync(told.directory), { timeout: 5000 }).toBe(false);
});

it('leaves nothing when the parent is killed after the server was', async () => {
  const parent = spawnParent(`${START} redis.kill('SIGKILL'); setInterval(() => {}, 1000);`);
  const told = await readTold(parent);
  await expect.poll(() => isRunning(told.pid), { timeout: 5000 }).toBe(false);

  parent.kill('SIGKILL');

  await expect.poll(() => existsSync(told.directory), { timeout: 5000 }).toBe(false);
});

it('does not keep a parent alive that forgets to stop the server', async () => {
  const parent = spawnParent(START);
  const ended = once(parent, 'exit');
  const told = await readTold(parent);

  expect(await ended).toEqual([0, null]);
  await expect.poll(() => isRunning(told.pid), { timeout: 5000 }).toBe(false);
  await expect.poll(() => existsSync(told.directory), { timeout: 5000 }).toBe(false);
});

it('survives the Ctrl-C that the terminal sends to the whole group of the parent', async () => {
  const parent = spawnParent(
    `process.on('SIGINT', () => console.log('interrupted')); ${START} setInterval(() => {}, 1000);`,
  );
  const told = await readTold(parent);

  process.kill(-Number(parent.pid), 'SIGINT');

  expect(await nextLine(parent)).toBe('interrupted');
  const options = { password: 'secret', timeoutMs: 5000 };
  expect(await redisCommand({ host: '127.0.0.1', port: told.port }, ['PING'], options)).toBe('PONG');
});

it('writes nothing outside its folder, and that is gone at the end', async () => {
  const parent = spawnParent(`${START} await redis.cli('SET', 'a', 'b'); await redis.cli('SAVE'); await redis.stop();`);

  expect(await once(parent, 'exit')).toEqual([0, null]);
  expect(await readdir(join(folder, 'work'))).toEqual([]);
  expect(await readdir(join(folder, 'temporary'))).toEqual([]);
});

it('gives the environment of the parent neither to the server nor to its watcher', async () => {
  const parent = spawnParent(`${START} setInterval(() => {}, 1000);`, { APP_SECRET: 'topsecret' });
  const told = await readTold(parent);
  const watcher = processOf(processOf(told.pid)?.ppid ?? 0);

  expect(watcher?.args).toContain('redis-watcher');
  const shown = environmentOf(told.pid) + environmentOf(watcher?.pid ?? 0);
  expect(shown).not.toContain('topsecret');
});

const START = `
  const redis = await startRedis({ password: 'secret' });
  console.log(JSON.stringify({ pid: redis.pid, port: redis.port, directory: redis.directory }));
`;

/** A Node process, leader of a group of its own, that runs this code. */
function spawnParent(code: string, variables: Record<string, string> = {}): ChildProcess {
  const source = `import { startRedis } from ${JSON.stringify(MODULE)}; ${code}`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: join(folder, 'work'),
    detached: true,
    env: { ...process.env, ...variables, TMPDIR: join(folder, 'temporary') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  parents.push(parent);
  return parent;
}

async function readTold(parent: ChildProcess): Promise<Told> {
  const told: unknown = JSON.parse(await nextLine(parent));
  if (!isTold(told)) throw new Error('The child process said something else.');
  return told;
}

function isTold(value: unknown): value is Told {
  return typeof value === 'object' && value !== null && 'pid' in value && 'port' in value && 'directory' in value;
}

/** One line is one chunk here. */
async function nextLine(parent: ChildProcess): Promise<string> {
  if (parent.stdout === null) throw new Error('A child process without output.');
  const [chunk] = await once(parent.stdout, 'data');
  return String(chunk).trim();
}

function processTable(): string {
  return processes()
    .map(({ args }) => args)
    .join('\n');
}

/** A zombie, which only waits for its parent to notice, does not run. */
function isRunning(pid: number): boolean {
  const state = processOf(pid)?.state;
  return state !== undefined && !state.startsWith('Z');
}
