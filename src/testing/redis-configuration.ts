export interface RedisTls {
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Refuses clients without a certificate of the same CA. Off unless asked for. */
  readonly clientAuth?: boolean;
  /** Switches the plaintext port off. */
  readonly only?: boolean;
}

/** What a redis-server is configured with, once its ports and its folder are known. */
export interface RedisConfiguration {
  readonly directory: string;
  readonly host: string;
  /** 0: no plaintext port. */
  readonly port: number;
  readonly tlsPort: number | null;
  readonly tlsClientAuth: boolean;
  readonly unixSocket: string | null;
  readonly databases: number | null;
  readonly password: string | null;
  readonly users: readonly string[];
  /** As on the command line: `['--maxmemory', '64mb']`. */
  readonly args: readonly string[];
}

export const TLS_FILES = { cert: 'server.crt', key: 'server.key', ca: 'ca.crt' } as const;

/** The text of the configuration file. The later line wins, so `args` may change the defaults but not the last block. */
export function redisConfigurationText(configuration: RedisConfiguration): string {
  const { directory, host, port, unixSocket, databases, password, users, args } = configuration;
  const lines = [
    directive('save', ''),
    directive('appendonly', 'no'),
    ...(databases === null ? [] : [directive('databases', String(databases))]),
    ...(password === null ? [] : [directive('requirepass', password)]),
    ...users.map(userLine),
    ...directivesOf(args),
    directive('bind', host),
    directive('port', String(port)),
    ...tlsLines(configuration),
    ...(unixSocket === null ? [] : [directive('unixsocket', unixSocket), directive('unixsocketperm', '700')]),
    directive('dir', directory),
    directive('pidfile', `${directory}/redis.pid`),
    directive('daemonize', 'no'),
    directive('logfile', ''),
    directive('loglevel', 'notice'),
  ];
  return `${lines.join('\n')}\n`;
}

/** The name of the directive in this line, which starts at 1. Never its value: that may be a password. */
export function directiveAt(text: string, line: number): string | null {
  return text.split('\n')[line - 1]?.split(' ')[0] ?? null;
}

function tlsLines({ directory, tlsPort, tlsClientAuth }: RedisConfiguration): string[] {
  if (tlsPort === null) return [];
  return [
    directive('tls-port', String(tlsPort)),
    directive('tls-cert-file', `${directory}/${TLS_FILES.cert}`),
    directive('tls-key-file', `${directory}/${TLS_FILES.key}`),
    directive('tls-ca-cert-file', `${directory}/${TLS_FILES.ca}`),
    directive('tls-auth-clients', tlsClientAuth ? 'yes' : 'no'),
  ];
}

function userLine(rule: string): string {
  if (/[\r\n]/.test(rule)) throw new Error('An ACL rule for redis-server is one line.');
  return rule.startsWith('user ') ? rule : `user ${rule}`;
}

function directivesOf(args: readonly string[]): string[] {
  const groups: string[][] = [];
  for (const arg of args) {
    if (arg.startsWith('--')) groups.push([arg.slice(2)]);
    else if (groups.length === 0)
      throw new Error('The arguments of redis-server start with an option such as --maxmemory.');
    else groups.at(-1)?.push(arg);
  }
  return groups.map(([name = '', ...values]) => directive(name, ...values));
}

function directive(name: string, ...values: readonly string[]): string {
  return [name, ...values.map(quote)].join(' ');
}

/** Redis reads C-like escapes, byte by byte, within double quotes. */
function quote(value: string): string {
  const bytes = [...Buffer.from(value, 'utf8')];
  const escaped = bytes.map((byte) => {
    const plain = byte > 0x1f && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  });
  return `"${escaped.join('')}"`;
}
