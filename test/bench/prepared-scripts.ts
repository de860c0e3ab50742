import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const SOURCES = fileURLToPath(new URL('servers/', import.meta.url));
/** Below the project, so that packages are found. */
const PREPARED = fileURLToPath(new URL('../../.cache/bench/', import.meta.url));

/** Writes what runs in measured processes as plain JavaScript: stripping types there would cost time and memory. */
export async function prepareScripts(): Promise<void> {
  await mkdir(PREPARED, { recursive: true });
  await writeFile(join(PREPARED, 'package.json'), '{ "type": "module" }\n');
  for (const file of await readdir(SOURCES)) {
    const { code } = await transform(await readFile(join(SOURCES, file), 'utf8'), { loader: 'ts', format: 'esm' });
    const script = code.replaceAll(/(from "\.\/[\w-]+)\.ts"/g, '$1.js"');
    await writeFile(preparedScript(file.replace(/\.ts$/, '')), script);
  }
}

/** Path of the script that was made from `servers/NAME.ts`. */
export function preparedScript(name: string): string {
  return join(PREPARED, `${name}.js`);
}
