import { readArguments } from './arguments.ts';
import { COMMANDS } from './commands.ts';
import { EXIT_OK } from './exit-codes.ts';

/** Prints what there is. */
export async function help(args: readonly string[]): Promise<number> {
  const read = readArguments('help', args, {});
  if (!read.ok) return read.exitCode;
  process.stdout.write(usage());
  return EXIT_OK;
}

/** All commands with their arguments. */
export function usage(): string {
  const entries = Object.values(COMMANDS).map(({ synopsis, summary }) => `  ${synopsis}\n      ${summary}\n`);
  return `redis-beacon: where Redis is, how every service must talk to it, and whether it is well\n
usage: redis-beacon COMMAND\n\n${entries.join('')}`;
}
