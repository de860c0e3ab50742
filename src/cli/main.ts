#!/usr/bin/env node
import '../quiet.ts';
import { didYouMean } from '../core/nearest.ts';
import { COMMANDS, isCommand } from './commands.ts';
import { EXIT_USAGE } from './exit-codes.ts';
import { usage } from './help.ts';

/** `redis-beacon COMMAND ...`: only the file of the command that was asked for is loaded. */
async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const command = name === '--help' || name === '-h' ? 'help' : name;
  if (isCommand(command)) return (await COMMANDS[command].load())(args);
  if (command === '') process.stderr.write(usage());
  else process.stderr.write(`redis-beacon: no such command${didYouMean(command, Object.keys(COMMANDS))}. ${SEE}\n`);
  return EXIT_USAGE;
}

const SEE = 'See: redis-beacon help';

process.exitCode = await main(process.argv.slice(2));
