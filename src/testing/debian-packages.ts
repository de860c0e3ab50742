import { chmod, glob, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { runProgram } from './run-program.ts';

export interface DownloadOptions {
  /** Gets `bin/redis-server`, `bin/redis-sentinel` and `bin/redis-cli`. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

const PACKAGES = ['redis-server', 'redis-tools', 'redis-sentinel'] as const;
const PROGRAMS = ['redis-server', 'redis-sentinel', 'redis-cli'] as const;

/**
 * Unpacks the distribution's own Redis, with those libraries that the system lacks, into `folder`. apt resolves the
 * versions and verifies the signatures; it works on lists and archives of its own, so it needs no root, takes no lock
 * and leaves the system as it is. False: it did not succeed, and the log says why.
 */
export async function downloadDebianRedis(options: DownloadOptions): Promise<boolean> {
  await mkdir(dirname(options.folder), { recursive: true });
  // Beside its place, so that the rename stays within one file system.
  const work = await mkdtemp(`${options.folder}.new-`);
  try {
    if (!(await fetchPackages(work, options)) || !(await unpackPackages(work, options))) return false;
    await writeWrappers(join(work, 'tree'));
    const works = await runs(join(work, 'tree'), options.env);
    if (works) await putInPlace(join(work, 'tree'), options);
    else options.log('The redis-server of the packages does not run here.');
    return works;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchPackages(work: string, options: DownloadOptions): Promise<boolean> {
  await Promise.all(['lists/partial', 'archives/partial'].map((each) => mkdir(join(work, each), { recursive: true })));
  await writeFile(join(work, 'apt.conf'), aptConfiguration(work));
  const apt = (...args: string[]) =>
    runProgram('apt-get', ['-c', join(work, 'apt.conf'), '-qq', ...args], {
      env: { ...options.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      timeoutMs: 180_000,
    });
  // Its result does not count: one broken source among many need not matter.
  await apt('update');
  // Reinstall: a package that the system has is needed in the cache all the same.
  const fetched = await apt(
    'install',
    '--yes',
    '--download-only',
    '--reinstall',
    '--no-install-recommends',
    ...PACKAGES,
  );
  if (!fetched.ok) options.log(`apt-get could not get the packages: ${lastLine(fetched.stderr)}`);
  return fetched.ok;
}

/** Read after the system's own configuration, whose sources and proxies stay and whose hooks go. */
function aptConfiguration(work: string): string {
  const hooks = ['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'];
  return [
    ...[...hooks, 'DPkg::Pre-Invoke', 'DPkg::Post-Invoke', 'DPkg::Pre-Install-Pkgs'].map((hook) => `#clear ${hook};`),
    `Dir::State::lists "${work}/lists";`,
    `Dir::State::extended_states "${work}/extended_states";`,
    `Dir::Cache "${work}";`,
    `Dir::Cache::archives "${work}/archives";`,
    'Dir::Cache::pkgcache "";',
    'Dir::Cache::srcpkgcache "";',
    `Dir::Log "${work}";`,
    'Debug::NoLocking "true";',
    'APT::Sandbox::User "";',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    'Acquire::http::Timeout "20";',
    'Acquire::https::Timeout "20";',
    '',
  ].join('\n');
}

async function unpackPackages(work: string, options: DownloadOptions): Promise<boolean> {
  for (const name of await readdir(join(work, 'archives'))) {
    if (!name.endsWith('.deb')) continue;
    const archive = join(work, 'archives', name);
    const unpacked = await runProgram('dpkg', ['-x', archive, join(work, 'tree')], {
      env: options.env,
      timeoutMs: 60_000,
    });
    if (!unpacked.ok) options.log(`dpkg could not unpack ${name}: ${lastLine(unpacked.stderr)}`);
    if (!unpacked.ok) return false;
  }
  return true;
}

/** The programs need the libraries beside them; a wrapper that ends in `exec` keeps process id and signals right. */
async function writeWrappers(tree: string): Promise<void> {
  const libraries = new Set<string>();
  for await (const file of glob('**/*.so*', { cwd: tree })) libraries.add(`"$here/../${dirname(file)}"`);
  await mkdir(join(tree, 'bin'), { recursive: true });
  const search = `LD_LIBRARY_PATH=${[...libraries].join(':')}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}`;
  for (const name of PROGRAMS) {
    const program = relative(join(tree, 'bin'), join(tree, 'usr/bin', name));
    const lines = ['#!/bin/sh', `here=\${0%/*}`, `export ${search}`, `exec "$here/${program}" "$@"`, ''];
    await writeFile(join(tree, 'bin', name), lines.join('\n'));
    await chmod(join(tree, 'bin', name), 0o755);
  }
}

/** Renames are atomic: who looks sees nothing or all. Another process may have been faster, or the old one was broken. */
async function putInPlace(tree: string, options: DownloadOptions): Promise<void> {
  if ((await renamed(tree, options.folder)) || (await runs(options.folder, options.env))) return;
  await renamed(options.folder, `${tree}.old`);
  await renamed(tree, options.folder);
}

function renamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}

async function runs(folder: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await runProgram(join(folder, 'bin/redis-server'), ['--version'], { env, timeoutMs: 10_000 })).ok;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
