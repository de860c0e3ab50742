import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheFolder } from '../../src/testing/cache-folder.ts';
import { findRedisServer } from '../../src/testing/find-redis-server.ts';

/** The real one of this machine, which every fake place leads to. */
const REAL = process.env.REDIS_SERVER_BIN ?? '';
const WRAPPER = `#!/bin/sh\nexec "${REAL}" "$@"\n`;

let folder: string;
/** A home and a path of their own; what `apt-get` is, is nowhere on the path. */
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-redis-'));
  await Promise.all(['home', 'path', 'elsewhere', 'temporary'].map((name) => mkdir(join(folder, name))));
  env = { HOME: join(folder, 'home'), PATH: join(folder, 'path'), TMPDIR: join(folder, 'temporary') };
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it('takes the program of REDIS_SERVER_BIN before one on the path', async () => {
  await putProgram(join(folder, 'path/redis-server'));
  const named = await putProgram(join(folder, 'elsewhere/my-redis'));

  const found = await findRedisServer({ env: { ...env, REDIS_SERVER_BIN: named } });

  expect(found).toMatchObject({ redisServer: named, redisSentinel: null, redisCli: null, origin: 'REDIS_SERVER_BIN' });
  expect(found.version).toMatch(/^\d+\.\d+\.\d+$/);
});

it('refuses a REDIS_SERVER_BIN that does not exist, although there is one on the path', async () => {
  await putProgram(join(folder, 'path/redis-server'));
  const named = join(folder, 'nowhere');

  await expect(findRedisServer({ env: { ...env, REDIS_SERVER_BIN: named } })).rejects.toThrow(
    `REDIS_SERVER_BIN names ${named}, which is no program that can be run.`,
  );
});

it('refuses a REDIS_SERVER_BIN that is another program', async () => {
  const named = await putProgram(join(folder, 'elsewhere/redis-server'), '#!/bin/sh\necho other 1.0\n');

  await expect(findRedisServer({ env: { ...env, REDIS_SERVER_BIN: named } })).rejects.toThrow(
    `REDIS_SERVER_BIN names ${named}, which does not answer --version as redis-server does.`,
  );
});

it('takes the one on the path before the cache, with its companions', async () => {
  await putProgram(join(await cacheFolder(env), 'bin/redis-server'));
  const redisServer = await putProgram(join(folder, 'elsewhere/redis-server'));
  const redisSentinel = await putProgram(join(folder, 'elsewhere/redis-sentinel'));
  const redisCli = await putProgram(join(folder, 'path/redis-cli'));

  const found = await findRedisServer({ env: { ...env, PATH: [env.PATH, dirname(redisServer)].join(delimiter) } });

  expect(found).toMatchObject({ redisServer, redisSentinel, redisCli, origin: 'PATH' });
});

it('takes valkey-server when the path has no redis-server', async () => {
  const redisServer = await putProgram(join(folder, 'path/valkey-server'));
  const redisSentinel = await putProgram(join(folder, 'path/valkey-sentinel'));

  expect(await findRedisServer({ env })).toMatchObject({ redisServer, redisSentinel, origin: 'PATH' });
});

it('passes over a program on the path that does not run', async () => {
  await putProgram(join(folder, 'path/redis-server'), '#!/bin/sh\nexit 1\n');
  const redisServer = await putProgram(join(folder, 'path/valkey-server'));

  expect(await findRedisServer({ env })).toMatchObject({ redisServer });
});

it('takes the one in the cache without a word', async () => {
  const cached = await cacheFolder(env);
  const redisServer = await putProgram(join(cached, 'bin/redis-server'));
  const said: string[] = [];

  const found = await findRedisServer({ env, log: (line) => said.push(line) });

  expect(found).toMatchObject({ redisServer, origin: `cache ${cached}` });
  expect(said).toEqual([]);
});

it('keeps the cache below XDG_CACHE_HOME when that is set', async () => {
  const cache = await cacheFolder({ ...env, XDG_CACHE_HOME: join(folder, 'elsewhere') });

  expect(dirname(cache)).toBe(join(folder, 'elsewhere/redis-beacon/redis'));
});

it.each([
  ['is a file', async (home: string) => writeFile(join(home, '.cache'), '')],
  ['is open to everybody', async (home: string) => openToAll(join(home, '.cache/redis-beacon/redis'))],
  ['leads elsewhere', async (home: string) => linkTo(join(home, '..'), join(home, '.cache/redis-beacon/redis'))],
])('keeps the cache below the folder for temporary files when the one at home %s', async (_, spoil) => {
  await spoil(join(folder, 'home'));

  expect(await cacheFolder(env)).toMatch(join(folder, 'temporary/redis-beacon-cache-'));
});

it('says what to install when there is nothing', async () => {
  await expect(findRedisServer({ env })).rejects.toThrow(
    /^No redis-server here: .*install.*docker compose -f compose\.dev\.yml up/,
  );
});

describe.skipIf(!isOnPath('apt-get') || !isOnPath('dpkg-deb'))('on Debian and its like', () => {
  /** A machine whose only source of packages is a folder, and whose path has all but Redis. */
  beforeEach(async () => {
    await pathWithoutRedis(join(folder, 'path'));
    await Promise.all(['repository', 'system'].map((name) => mkdir(join(folder, name))));
    await writeFile(join(folder, 'system/sources.list'), `deb [trusted=yes] copy:${folder}/repository ./\n`);
    await writeFile(join(folder, 'system/status'), '');
    await writeFile(join(folder, 'system/apt.conf'), aptConfiguration());
    env.APT_CONFIG = join(folder, 'system/apt.conf');
  });

  it('unpacks the packages of the distribution, with the libraries they need, into the cache', async () => {
    await publishPackages(WRAPPER);
    const cached = await cacheFolder(env);
    const said: string[] = [];

    const found = await findRedisServer({ env, log: (line) => said.push(line) });

    expect(found).toMatchObject({
      redisServer: join(cached, 'bin/redis-server'),
      redisSentinel: join(cached, 'bin/redis-sentinel'),
      redisCli: join(cached, 'bin/redis-cli'),
      origin: `packages unpacked in ${cached}`,
    });
    expect(said).toHaveLength(2);
    expect(await readFile(join(cached, 'bin/redis-server'), 'utf8')).toContain(
      'LD_LIBRARY_PATH="$here/../usr/lib/some-arch"',
    );
    expect(await readdir(dirname(cached))).toHaveLength(1);
  });

  it('is safe when several processes do it at the same time, and mends a cache that does not run', async () => {
    await publishPackages(WRAPPER);
    const broken = await putProgram(join(await cacheFolder(env), 'bin/redis-server'), '#!/bin/sh\nexit 127\n');

    const found = await Promise.all(Array.from({ length: 4 }, () => findRedisServer({ env })));

    expect(found.map((each) => each.redisServer)).toEqual([broken, broken, broken, broken]);
    expect(await readdir(join(folder, 'home/.cache/redis-beacon/redis'))).toHaveLength(1);
  });

  it('leaves the state of the package manager as it is, and runs none of its hooks', async () => {
    await publishPackages(WRAPPER);
    const before = await readdir(join(folder, 'system'));

    await findRedisServer({ env });

    expect(await readdir(join(folder, 'system'))).toEqual(before);
  });

  it('says why the packages could not be had, and what to install', async () => {
    const said: string[] = [];

    await expect(findRedisServer({ env, log: (line) => said.push(line) })).rejects.toThrow(/^No redis-server here: /);
    expect(said.at(-1)).toMatch(/^apt-get could not get the packages: E: Unable to locate package redis-/);
  });

  it('keeps nothing of packages whose program does not run', async () => {
    await publishPackages('#!/bin/sh\nexit 127\n');
    const said: string[] = [];

    await expect(findRedisServer({ env, log: (line) => said.push(line) })).rejects.toThrow(/^No redis-server here: /);
    expect(said.at(-1)).toBe('The redis-server of the packages does not run here.');
    expect(await readdir(join(folder, 'home/.cache/redis-beacon/redis'))).toEqual([]);
  });
});

async function putProgram(path: string, text = WRAPPER): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

async function openToAll(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o777);
}

async function linkTo(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

function isOnPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((each) => isExecutable(join(each, name)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there or not to be run.
    return false;
  }
}

async function pathWithoutRedis(path: string): Promise<void> {
  for (const name of await readdir('/usr/bin')) {
    if (!/^(redis|valkey)-/.test(name)) await symlink(join('/usr/bin', name), join(path, name));
  }
}

function aptConfiguration(): string {
  const hook = (name: string) => `APT::Update::${name} { "touch ${folder}/system/hook-ran"; };`;
  return [
    `Dir::Etc::sourcelist "${folder}/system/sources.list";`,
    'Dir::Etc::sourceparts "-";',
    `Dir::State::status "${folder}/system/status";`,
    hook('Pre-Invoke'),
    hook('Post-Invoke'),
    hook('Post-Invoke-Success'),
  ].join('\n');
}

/** The three packages and one library, laid out as Debian does, with this text as the server. */
async function publishPackages(server: string): Promise<void> {
  const program = 'usr/bin/redis-check-rdb';
  const entries = [
    await publish('libexample1', '', (tree) => writeText(join(tree, 'usr/lib/some-arch/libexample.so.1'), '')),
    await publish('redis-tools', 'Depends: libexample1\n', async (tree) => {
      await putProgram(join(tree, program), server);
      await putProgram(join(tree, 'usr/bin/redis-cli'), server);
    }),
    await publish('redis-server', 'Depends: redis-tools\n', (tree) =>
      linkTo('redis-check-rdb', join(tree, 'usr/bin/redis-server')),
    ),
    await publish('redis-sentinel', 'Depends: redis-tools\n', (tree) =>
      linkTo('redis-check-rdb', join(tree, 'usr/bin/redis-sentinel')),
    ),
  ];
  await writeFile(join(folder, 'repository/Packages'), entries.join('\n'));
}

/** Builds a package and returns its entry in the index. */
async function publish(name: string, fields: string, fill: (tree: string) => Promise<unknown>): Promise<string> {
  const tree = join(folder, 'build', name);
  const control = `Package: ${name}\nVersion: 1.0\nArchitecture: all\nMaintainer: none <none@example.org>\n${fields}Description: ${name}\n`;
  await writeText(join(tree, 'DEBIAN/control'), control);
  await fill(tree);
  const file = join(folder, 'repository', `${name}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', tree, file], { stdio: 'ignore' });
  const bytes = await readFile(file);
  const hash = createHash('sha256').update(bytes).digest('hex');
  return `${control}Filename: ./${name}.deb\nSize: ${bytes.length}\nSHA256: ${hash}\n`;
}

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
