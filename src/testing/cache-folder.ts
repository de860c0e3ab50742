import { lstat, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { arch, platform } from 'node:process';

/**
 * The folder in which this project keeps the Redis that it downloaded, created when missing: below
 * `$XDG_CACHE_HOME` or `~/.cache`, else below the folder for temporary files.
 * One per distribution and processor, as containers often share a home folder.
 */
export async function cacheFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const base = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  const parent = await privateFolder(join(base, 'redis-beacon', 'redis')).catch(() => temporaryCache(env));
  return join(parent, await systemName());
}

/** A predictable name below a folder that everybody may write to: used only when it is ours alone. */
async function temporaryCache(env: NodeJS.ProcessEnv): Promise<string> {
  const name = join(env.TMPDIR || tmpdir(), `redis-beacon-cache-${userInfo().uid}`);
  return privateFolder(name).catch(() => mkdtemp(`${name}-`));
}

/** Programs are run from here, so nobody else may be able to put one in. */
async function privateFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const facts = await lstat(path);
  const ours = facts.isDirectory() && facts.uid === userInfo().uid && (facts.mode & 0o022) === 0;
  if (!ours) throw new Error('The cache folder for Redis is not a folder of this user alone.');
  return path;
}

/** `debian-12-x64`: what the downloaded programs were built for. */
async function systemName(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const field = (name: string) => new RegExp(`^${name}="?([\\w.-]+)`, 'm').exec(text)?.[1];
  return [field('ID') ?? platform, field('VERSION_ID') ?? 'any', arch].join('-');
}
