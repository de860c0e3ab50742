import { createHash, randomBytes } from 'node:crypto';
import { isName, NAME_RULE } from '../core/names.ts';
import { readArguments, refuse } from './arguments.ts';
import { EXIT_OK } from './exit-codes.ts';

const TOKEN_BYTES = 32;

/**
 * Makes a token for a caller. Standard output is the token, which is kept nowhere, and on the next line the entry of
 * the catalog, which holds only its SHA-256; standard error says what to do with both.
 */
export async function token(args: readonly string[]): Promise<number> {
  const options = { services: { type: 'string' }, operator: { type: 'boolean' } } as const;
  const read = readArguments('token', args, options, 1);
  if (!read.ok) return read.exitCode;
  const [name] = read.positionals;
  if (name === undefined) return refuse('token', 'needs the name of the caller').exitCode;
  if (!isName(name)) return refuse('token', `the name of a caller is ${NAME_RULE}`).exitCode;
  const operator = read.values.operator ?? false;
  const services = read.values.services?.split(',').map((service) => service.trim()) ?? (operator ? [] : [name]);
  if (!services.every(isName)) return refuse('token', `the name of a service is ${NAME_RULE}`).exitCode;

  const made = randomBytes(TOKEN_BYTES).toString('base64url');
  process.stdout.write(`${made}\n${catalogLine(name, made, services, operator)}\n`);
  process.stderr.write(explanation(name));
  return EXIT_OK;
}

/** An entry of `access.callers`. */
function catalogLine(name: string, secret: string, services: readonly string[], operator: boolean): string {
  const digest = createHash('sha256').update(secret).digest('hex');
  const rights = `services: [${services.map(yamlString).join(', ')}]${operator ? ', operator: true' : ''}`;
  return `${yamlString(name)}: { tokenSha256: "${digest}", ${rights} }`;
}

/** YAML takes some names for numbers, truth values or nothing, unless they are quoted. */
function yamlString(name: string): string {
  return /^(?:\d.*|true|false|null|yes|no|on|off|y|n)$/.test(name) ? `"${name}"` : name;
}

function explanation(name: string): string {
  return `
The first line is the token: give it to ${name}, which sends it as "Authorization: Bearer TOKEN".
It is shown this once and kept nowhere; if it is lost, make another.
The second line goes into the catalog under access: callers: and may be read by everybody.
`;
}
