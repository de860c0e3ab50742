import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

const ROOT = import.meta.dirname;
const OUT = resolve(process.argv[2] ?? join(ROOT, 'dist'));

/**
 * Builds the release into `dist/`, or into the folder that is given. It runs with Node 24 and nothing else, without
 * `node_modules`.
 *
 *   main.js                   turns on the cache of compiled code, then loads the service
 *   service.js                the service, in one file; what is seldom needed comes in chunks
 *   parser-worker.js          its thread for large catalogs
 *   cli.js                    the command line
 *   testing/redis-server.js   `redis-beacon/testing`, with declarations
 *
 * Why each part is as it is stands in test/build/README.md, with the numbers.
 */
async function main(): Promise<void> {
  process.chdir(ROOT);
  await rm(OUT, { recursive: true, force: true });
  const metafiles = await Promise.all([
    bundle({ service: 'src/main.ts' }),
    bundle({ 'parser-worker': 'src/catalog/parser-worker.ts' }),
    bundle({ cli: 'src/cli/main.ts' }),
    bundle({ 'testing/redis-server': 'src/testing/redis-server.ts' }),
  ]);
  await writeFile(join(OUT, 'main.js'), LAUNCHER);
  const declarations = ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.build.json', '--outDir', OUT];
  execFileSync(process.execPath, declarations, { stdio: 'inherit' });
  // wherever the folder is copied, Node need not guess what its files are: guessing compiles them twice
  await writeFile(join(OUT, 'package.json'), `${JSON.stringify({ type: 'module' })}\n`);
  await writeFile(join(OUT, 'LICENSES.txt'), await licensesOf(metafiles));
  await fillCompileCache();
}

/**
 * The code that V8 compiled in an earlier start is a fifth of the time to start. It belongs to the program and is as
 * trustworthy; a cache of another Node, processor or user is passed over.
 */
const LAUNCHER = `process.getBuiltinModule('node:module').enableCompileCache({
  directory: import.meta.dirname + '/compile-cache',
  portable: true,
});
await import('./service.js');
`;

/** Bundles an entry on its own, so that it is one file: together they would share chunks. */
async function bundle(entryPoints: Record<string, string>): Promise<Metafile> {
  const options = {
    entryPoints,
    outdir: OUT,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // names stay: a bug is logged with the functions it went through, and nothing else
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none', // the licences have a file of their own
    logLevel: 'warning',
    banner: { js: `const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);` },
    plugins: [neverCalled, builtinsByRequest, englishOnly, serviceOnce],
  } satisfies BuildOptions;
  return (await build(options)).metafile;
}

/**
 * Node's modules without `import`: importing one reads all its exports, and reading those of `node:http` loads undici,
 * a third of the time to start.
 */
const builtinsByRequest: Plugin = {
  name: 'builtins-by-request',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      if (!builtinModules.includes(name)) return null;
      if (kind !== 'import-statement') return { path: `node:${name}`, external: true };
      return { path: name, namespace: 'builtin' };
    });
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}');`,
    }));
  },
};

/** What Fastify would load if it compiled schemas or answered injected requests: a third of all code. */
const neverCalled: Plugin = {
  name: 'never-called',
  setup({ onResolve, onLoad }) {
    const filter = /^(@fastify\/ajv-compiler|@fastify\/fast-json-stringify-compiler|light-my-request)$/;
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'never-called' }));
    onLoad({ filter: /./, namespace: 'never-called' }, ({ path }) => ({
      contents: `module.exports = () => { throw new Error('${path} is not part of the release'); };`,
    }));
  },
};

/** zod brings its messages in fifty languages; the problems that we report are worded by us. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
    }));
  },
};

/** The command line, from a chunk, starts the service from the file that holds it already. */
const serviceOnce: Plugin = {
  name: 'service-once',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.\/main\.ts$/ }, () => ({ path: '../main.js', external: true }));
  },
};

/** The licences of all packages that the bundles contain. */
async function licensesOf(metafiles: readonly Metafile[]): Promise<string> {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const packages = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  const texts = await Promise.all([...packages].sort().map(licenseOf));
  return texts.join('\n');
}

async function licenseOf(directory: string): Promise<string> {
  const about: unknown = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  const { name, version, license } = about as { name: string; version: string; license?: string }; // npm's format
  const file = (await readdir(directory)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : await readFile(join(directory, file), 'utf8');
  return `${'='.repeat(80)}\n${name} ${version} (${license ?? 'see below'})\n\n${text.trim()}\n`;
}

/** Starts the service once, so that each start to come finds its code compiled. */
async function fillCompileCache(): Promise<void> {
  // nothing listens there: a build must not touch anybody's Redis
  const env = { ENVIRONMENT: 'test', BEACON_NETWORK: 'host', PORT: '0', REDIS_URL: 'redis://127.0.0.1:1' };
  const service = spawn(process.execPath, ['main.js'], { cwd: OUT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(service.stdout)) if (line.includes('is up')) service.kill();
  if (service.exitCode === null) await once(service, 'exit');
  if (service.exitCode !== 0) throw new Error('The service does not start from its release.');
  for (const entry of await readdir(join(OUT, 'compile-cache'), { recursive: true, withFileTypes: true }))
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644); // may be copied by another user
}

await main();
