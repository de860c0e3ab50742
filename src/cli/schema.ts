import { catalogJsonSchema } from '../http/route-reference.ts';
import { readArguments } from './arguments.ts';
import { EXIT_OK } from './exit-codes.ts';

/** Prints the JSON Schema of the catalog, for editors and linters. */
export async function schema(args: readonly string[]): Promise<number> {
  const read = readArguments('schema', args, {});
  if (!read.ok) return read.exitCode;
  process.stdout.write(`${JSON.stringify(catalogJsonSchema(), null, 2)}\n`);
  return EXIT_OK;
}
