import { directiveAt } from './redis-configuration.ts';

export interface StartFailure {
  readonly message: string;
  /** Another port may do. */
  readonly portTaken: boolean;
}

/** Redis quotes the values of these when it refuses them. */
const SECRET_DIRECTIVES = new Set(['requirepass', 'masterauth', 'user', 'rename-command', 'tls-key-file-pass']);

/**
 * Why a redis-server did not start. `lines` is what it wrote, `configuration` the text it read, `status` its exit
 * status or null when it did not get ready in time. No secret of the configuration gets into the message.
 */
export function startFailure(lines: readonly string[], configuration: string, status: number | null): StartFailure {
  const output = lines.join('\n');
  const portTaken = output.includes('Address already in use');
  if (portTaken) return { message: 'redis-server did not start: its port is taken.', portTaken };
  const refused = /^Reading the configuration file, at line (\d+)$/m.exec(output)?.[1];
  if (refused !== undefined) return { message: refusal(directiveAt(configuration, Number(refused)), lines), portTaken };
  const told = lines.filter((line) => /^\d+:\w .* # /.test(line)).map((line) => line.replace(/^.* # /, ''));
  const reason = told.at(-1) ?? lines.at(-1) ?? 'it wrote nothing';
  const end = status === null ? 'was not ready in time' : `ended with status ${status}`;
  return { message: `redis-server ${end}: ${reason}`, portTaken };
}

function refusal(name: string | null, lines: readonly string[]): string {
  const reason = name === null || SECRET_DIRECTIVES.has(name) ? 'its value is not valid' : lines.at(-1);
  return `redis-server refuses "${name ?? 'its configuration'}": ${reason}`;
}
