import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

/**
 * Builds the release: `dist/` runs with Node 24 and nothing else, without `node_modules`.
 *
 *   main.js                   the service, in one file; what is seldom needed comes in chunks
 *   parser-worker.js          its thread for large catalogs
 *   cli.js                    the command line
 *   testing/redis-server.js   `redis-beacon/testing`, with declarations
 *
 * Why each part is as it is stands in test/build/README.md, with the numbers.
 */
async function main(): Promise<void> {
  const directory = import.meta.dirname;
  process.chdir(directory);
  await rm('dist', { recursive: true, force: true });
  const metafiles = await Promise.all([
    bundle({ main: 'src/main.ts' }),
    bundle({ 'parser-worker': 'src/catalog/parser-worker.ts' }),
    bundle({ cli: 'src/cli/main.ts' }),
    bundle({ 'testing/redis-server': 'src/testing/redis-server.ts' }),
  ]);
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.build.json'], {
    stdio: 'inherit',
  });
  // wherever the folder is copied, Node need not guess what its files are: guessing compiles them twice
  await writeFile('dist/package.json', `${JSON.stringify({ type: 'module' })}\n`);
  await writeFile('dist/LICENSES.txt', await licensesOf(metafiles));
}

/** Bundles an entry on its own, so that it is one file: together they would share chunks. */
async function bundle(entryPoints: Record<string, string>): Promise<Metafile> {
  const options = {
    entryPoints,
    outdir: 'dist',
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
    plugins: [builtinsByRequest, englishOnly, serviceOnce],
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

await main();
