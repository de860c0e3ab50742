import { type ParseArgsConfig, parseArgs } from 'node:util';
import { didYouMean } from '../core/nearest.ts';
import { COMMANDS } from './commands.ts';
import { EXIT_USAGE } from './exit-codes.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

type Parsed<T extends Options> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>;

export type ReadArguments<T extends Options> =
  | { readonly ok: true; readonly values: Parsed<T>['values']; readonly positionals: readonly string[] }
  | { readonly ok: false; readonly exitCode: number };

/**
 * Reads the arguments of a command. What is wrong with them is said on standard error, in our own words: those of
 * `parseArgs` repeat what was typed, which may be a secret in the wrong place.
 */
export function readArguments<T extends Options>(
  command: keyof typeof COMMANDS,
  args: readonly string[],
  options: T,
  positionalsMax = 0,
): ReadArguments<T> {
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  const known = Object.keys(options);
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) return refuse(command, `has no such option${didYouMean(token.name, known)}`);
    const value = token.inlineValue === false && token.value.startsWith('-') ? '' : token.value; // the next option
    if (option.type === 'string' && (value ?? '') === '') return refuse(command, `--${token.name} needs a value`);
    if (option.type === 'boolean' && token.value !== undefined)
      return refuse(command, `--${token.name} takes no value`);
  }
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  if (positionals.length > positionalsMax) return refuse(command, 'was given too many arguments');
  return { ok: true, values, positionals };
}

/** Says what is wrong and how it is used. */
export function refuse(
  command: keyof typeof COMMANDS,
  problem: string,
): { readonly ok: false; readonly exitCode: number } {
  process.stderr.write(`redis-beacon ${command}: ${problem}\nusage: redis-beacon ${COMMANDS[command].synopsis}\n`);
  return { ok: false, exitCode: EXIT_USAGE };
}
