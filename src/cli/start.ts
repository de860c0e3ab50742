import { readArguments } from './arguments.ts';

/** Runs the service in this process; its file does what is needed from here on. */
export async function start(args: readonly string[]): Promise<number> {
  const read = readArguments('start', args, {});
  if (!read.ok) return read.exitCode;
  await import('../main.ts');
  return 0;
}
