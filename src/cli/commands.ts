/** What a command does with its arguments; resolves to the exit code. */
export type Command = (args: readonly string[]) => Promise<number>;

interface CommandEntry {
  /** As typed after `redis-beacon`. */
  readonly synopsis: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** One command a file. */
export const COMMANDS = {
  start: {
    synopsis: 'start',
    summary: 'Run the service until SIGTERM. Its settings are variables.',
    load: async () => (await import('./start.ts')).start,
  },
  healthcheck: {
    synopsis: 'healthcheck',
    summary: 'Exit 0 if the service on this machine and PORT is alive, else 1 and why.',
    load: async () => (await import('./healthcheck.ts')).healthcheck,
  },
  token: {
    synopsis: 'token NAME [--services a,b] [--operator]',
    summary: 'Make a token for a caller, and the line that lets it in.',
    load: async () => (await import('./token.ts')).token,
  },
  schema: {
    synopsis: 'schema',
    summary: 'Print the JSON Schema of the catalog.',
    load: async () => (await import('./schema.ts')).schema,
  },
  help: {
    synopsis: 'help',
    summary: 'Print this.',
    load: async () => (await import('./help.ts')).help,
  },
} as const satisfies Record<string, CommandEntry>;

export function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}
