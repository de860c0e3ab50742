import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../src/testing/redis-server.ts';
import { testCertificates } from './support/certificates.ts';
import { type Canary, type Evidence, findLeaks } from './support/leaks.ts';
import { type Peer, startCommandPeer, startEndlessOkPeer, startHttpPeer, startSilentPeer } from './support/peers.ts';
import { requestRaw, sendRaw } from './support/raw-http.ts';
import { type Beacon, type BeaconOptions, sha256, startBeacon, tryBeacon } from './support/service.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';
import { until } from './support/until.ts';

/** Random, so that no window of it stands anywhere by chance, with characters that every encoding treats differently. */
function plant(name: string, special = '@/+%" é='): Canary {
  return { name, value: `${randomBytes(12).toString('base64url')}${special}${randomBytes(12).toString('base64url')}` };
}

/** A token of the alphabet that RFC 6750 allows. */
const plantToken = (name: string): Canary => plant(name, '~+/.');

describe('the scanner', () => {
  const canary: Canary = { name: 'it', value: 'sEcr3t/with+all "kinds" of é' };
  const bytes = Buffer.from(canary.value);
  const hash = (algorithm: string, encoding: 'hex' | 'base64') => createHash(algorithm).update(bytes).digest(encoding);
  const howIn = (text: string) => findLeaks([{ where: 'there', text }], [canary]).map(({ how }) => how);

  test.each([
    ['itself', canary.value, 'raw'],
    ['in a URL', `redis://u:${encodeURIComponent(canary.value)}@h`, 'percent-encoded'],
    ['with every byte as %XX', bytes.toString('hex').replace(/../g, '%$&'), 'percent-encoded'],
    ['as a form', new URLSearchParams({ a: canary.value }).toString(), 'form-encoded'],
    ['in JSON', JSON.stringify({ a: canary.value }), 'JSON-escaped'],
    ['in JSON in JSON', JSON.stringify(JSON.stringify({ a: canary.value })), 'JSON-escaped twice'],
    ['in HTML', canary.value.replaceAll('"', '&#34;'), 'HTML-escaped'],
    ['base64', bytes.toString('base64'), 'base64'],
    ['base64 behind one byte', Buffer.from(`x${canary.value}y`).toString('base64'), 'base64'],
    ['base64 behind two bytes', Buffer.from(`xy${canary.value}`).toString('base64'), 'base64'],
    ['basic authentication', Buffer.from(`user:${canary.value}`).toString('base64url'), 'base64url'],
    ['hexadecimal', bytes.toString('hex'), 'hexadecimal'],
    ['upper-case hexadecimal', bytes.toString('hex').toUpperCase(), 'hexadecimal'],
    ['reversed', [...canary.value].reverse().join(''), 'reversed'],
    ['a SHA-256', hash('sha256', 'hex'), 'sha256 hash'],
    ['a shortened SHA-256', hash('sha256', 'hex').slice(0, 16), 'sha256 hash'],
    ['a SHA-1 in base64', hash('sha1', 'base64'), 'sha1 hash'],
    ['an MD5', hash('md5', 'hex'), 'md5 hash'],
    ['its first six characters', canary.value.slice(0, 6), '6 characters, raw'],
    ['six from the middle', `<${canary.value.slice(7, 13)}>`, '6 characters, raw'],
    ['its end', `...${canary.value.slice(-6)}`, '6 characters, raw'],
    [
      'some of it in base64',
      Buffer.from(`say ${canary.value.slice(3, 12)}`).toString('base64'),
      '6 characters, base64',
    ],
    ['some of it in hexadecimal', Buffer.from(canary.value.slice(3, 12)).toString('hex'), '6 characters, hexadecimal'],
    ['some of it percent-encoded', encodeURIComponent(canary.value.slice(3, 12)), '6 characters, percent-encoded'],
    ['some of it in JSON', JSON.stringify(canary.value.slice(13, 20)), '6 characters, JSON-escaped'],
    ['some of it reversed', [...canary.value.slice(0, 8)].reverse().join(''), '6 characters, reversed'],
  ])('finds %s', (_what, text, how) => {
    expect(howIn(`before ${text} after`)).toContain(how);
  });

  test.each([
    ['nothing', ''],
    ['five characters of it', canary.value.slice(0, 5)],
    ['what says that there is a secret', '{"secret":true,"set":true}'],
    ['another secret of the same shape', "0Ther7/with-all 'sorts' in è"],
    ['another hash', hash('sha256', 'hex').slice(0, 8)],
  ])('finds nothing in %s', (_what, text) => {
    expect(howIn(text)).toEqual([]);
  });

  test('names every place and every canary', () => {
    const other: Canary = { name: 'other', value: 'something-else' };
    const evidence: Evidence[] = ['a', 'b'].map((where) => ({ where, text: canary.value }));
    const leaks = findLeaks([...evidence, { where: 'c', text: other.value }], [canary, other]);
    expect(new Set(leaks.map(({ where, canary: name }) => `${where} ${name}`))).toEqual(
      new Set(['a it', 'b it', 'c other']),
    );
  });
});

const CONFIG = /^\/config\/[a-z]/;

/** Asks for everything, rightly and wrongly, and keeps all that comes back but the configuration that may be read. */
async function collect(beacon: Beacon, tokens: readonly (string | undefined)[]): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  const keep = (where: string, text: string) => evidence.push({ where, text });
  const paths = [
    ...['backend', 'auth', 'lone', 'nobody', 'BAD', '%zz'].flatMap((name) => [
      `/config/${name}`,
      `/config/${name}?connection=default`,
      `/config/${name}?connection=nope`,
      `/config/${name}?network=container`,
      `/config/${name}?network=nope`,
      `/config/${name}?nope=1`,
      `/debug/redis-config?service=${name}`,
    ]),
    ...['main', 'wrong', 'nope'].map((name) => `/health/redis/${name}`),
    '/config',
    '/debug/redis-config',
    '/debug/redis-config?history=1',
    '/debug/redis-config?history=2',
    '/health/redis',
    '/health/live',
    '/health/ready',
    '/metrics',
    '/openapi.json',
    '/schema/catalog.json',
    '/docs',
    '/',
    '/nope',
  ];
  for (const token of tokens) {
    const asked = token === undefined ? {} : { token };
    for (const path of paths) {
      const keepAnswer = (where: string, { status, bytes }: { status: number; bytes: string }): void => {
        const mayHold = CONFIG.test(path) && status === 200;
        keep(where, mayHold ? bytes.slice(0, bytes.indexOf('\r\n\r\n')) : bytes);
      };
      const answer = await beacon.ask(path, asked);
      keepAnswer(path, answer);
      const etag = answer.headers.etag;
      // where a new revision came in between, this is a whole answer again
      if (etag !== undefined)
        keepAnswer(`conditional ${path}`, await beacon.ask(path, { ...asked, headers: { 'If-None-Match': etag } }));
    }
    for (const path of ['/debug/redis-config', '/debug/redis-config?history=1', '/debug/redis-config?service=backend'])
      keep(`text ${path}`, (await beacon.ask(path, { ...asked, headers: { Accept: 'text/plain' } })).bytes);
    for (const method of ['HEAD', 'POST', 'OPTIONS', 'TRACE'])
      keep(`${method} /config/backend`, (await beacon.ask('/config/backend', { ...asked, method })).bytes);
    const twice = [`Authorization: Bearer ${token}`, `Authorization: Bearer ${token}`];
    keep('two tokens', (await requestRaw(beacon.port, 'GET /config/backend', twice)).bytes);
    keep('a token in the path', (await requestRaw(beacon.port, `GET /config/${token ?? 'NOTHING'}`)).bytes);
    keep('a token in the query', (await requestRaw(beacon.port, `GET /config/backend?token=${token}`)).bytes);
    keep('a token in no HTTP', (await sendRaw(beacon.port, `AUTH ${token}\r\n\r\n`)).bytes);
    keep('a token in a broken header', (await requestRaw(beacon.port, 'GET /', [`Bearer ${token}`])).bytes);
  }
  keep('log', beacon.logText());
  return evidence;
}

function expectNoLeaks(evidence: readonly Evidence[], canaries: readonly Canary[]): void {
  const leaks = findLeaks(evidence, canaries).map(({ where, canary, how }) => `${where}: ${canary}, ${how}`);
  expect([...new Set(leaks)].slice(0, 10)).toEqual([]);
}

/** Redis with TLS, client certificates and one account for each of these passwords. */
async function startGuardedRedis(passwords: readonly Canary[]): Promise<RedisServer> {
  const { server, ca } = await testCertificates();
  return startRedis({
    tls: { ...server, ca, clientAuth: true },
    users: passwords.map(({ value }, at) => `user${at} on #${sha256(value)} ~* &* +@all`),
  });
}

/** The lines of a PEM: its frame is the same everywhere. */
function plantPem(name: string, pem: string): Canary[] {
  return pem
    .split('\n')
    .filter((line) => /^[A-Za-z0-9+/=]{20,}$/.test(line))
    .map((value) => ({ name, value }));
}

describe('I1: a secret leaves only as the configuration of who may read it', () => {
  test('of a strict environment: TLS keys, passwords by variable and file, tokens', async () => {
    const passwords = [plant('password of a variable'), plant('password of a file')];
    const tokens = [plantToken('token of a caller'), plantToken('token of an operator'), plantToken('token of nobody')];
    const [file, backend, ops] = [passwords[1]?.value, tokens[0]?.value, tokens[1]?.value];
    const { client, ca } = await testCertificates();
    await using redis = await startGuardedRedis(passwords);
    await using folder = await temporaryDirectory();
    for (const [name, content] of Object.entries({ key: client.key, cert: client.cert, ca, password: file ?? '' }))
      await writeFile(join(folder.path, name), content);
    const tls = {
      enabled: true,
      ...Object.fromEntries(['ca', 'cert', 'key'].map((name) => [name, { file: join(folder.path, name) }])),
    };
    const addresses = { host: `localhost:${redis.tlsPort}` };
    const catalog = {
      version: 1,
      deployments: {
        main: { addresses, tls, auth: { username: 'user0', password: { env: 'MAIN_PASSWORD' } } },
        second: { addresses, tls, auth: { username: 'user1', password: { file: join(folder.path, 'password') } } },
      },
      services: {
        backend: { connections: { default: { deployment: 'main' }, cache: { deployment: 'second', db: 1 } } },
        auth: { connections: { default: { deployment: 'second', db: 2 } } },
      },
      access: {
        callers: {
          backend: { tokenSha256: sha256(backend ?? ''), services: ['backend'] },
          ops: { tokenSha256: sha256(ops ?? ''), services: [], operator: true },
        },
      },
    };
    await using beacon = await startBeacon({
      variables: { ENVIRONMENT: 'production', MAIN_PASSWORD: passwords[0]?.value ?? '' },
      files: { 'catalog.yaml': catalog },
    });
    const served = await beacon.ask('/config/backend', { token: backend ?? '' });
    expect(served.json.connections).toMatchObject({
      default: { password: passwords[0]?.value, tls: { key: client.key.trimEnd() } },
      cache: { password: file },
    });
    const canaries = [...passwords, ...tokens, ...plantPem('private key', client.key)];
    const evidence = await collect(beacon, [undefined, ...tokens.map(({ value }) => value)]);
    // and when the server no longer takes the password
    await writeFile(join(folder.path, 'password'), plant('unused').value);
    await until(async () => (await beacon.ask('/debug/redis-config', { token: ops ?? '' })).json.catalog.refused);
    evidence.push(...(await collect(beacon, [ops])));
    expect(evidence.length).toBeGreaterThan(250);
    expectNoLeaks(evidence, canaries);
  });

  test('of development: literals, URLs, shadowed values, .env files, typing errors, sentinels', async () => {
    const named = Object.fromEntries(
      ['literal', 'url', 'env-file', 'process', 'shadowed', 'unknown variable', 'file', 'sentinel'].map((name) => [
        name,
        plant(name),
      ]),
    );
    const secretOf = (name: string) => named[name]?.value ?? '';
    await using redis = await startRedis();
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'secret'), `${secretOf('file')}\n`);
    const addresses = { host: `127.0.0.1:${redis.port}` };
    await using beacon = await startBeacon({
      variables: {
        REDIS_CACHE_URL: `redis://app:${encodeURIComponent(secretOf('url'))}@127.0.0.1:${redis.port}/3`,
        REDIS_MAIN_PASSWORD: secretOf('process'),
        REDIS_MIAN_PASSWORD: secretOf('unknown variable'),
        REDIS_SECOND_PASSWORD_FILE: join(folder.path, 'secret'),
      },
      files: {
        '.env': `REDIS_MAIN_PASSWORD='${secretOf('env-file')}'\n`,
        'catalog.yaml': {
          version: 1,
          deployments: {
            main: { addresses, auth: { password: secretOf('shadowed') } },
            second: { addresses },
            third: { addresses, auth: { password: secretOf('literal') } },
            ha: {
              topology: 'sentinel',
              sentinel: { master: 'm', nodes: ['127.0.0.1:26379'], auth: { password: secretOf('sentinel') } },
            },
          },
          services: {
            backend: { connections: { default: { deployment: 'main' }, cache: { deployment: 'main' } } },
            auth: { connections: { default: { deployment: 'second' } } },
            lone: { connections: { default: { deployment: 'third' }, ha: { deployment: 'ha' } } },
          },
        },
      },
    });
    const served = await Promise.all(['backend', 'auth', 'lone'].map((name) => beacon.ask(`/config/${name}`)));
    const bodies = served.map(({ body }) => body).join();
    for (const name of ['literal', 'url', 'process', 'file', 'sentinel'])
      expect(bodies).toContain(JSON.stringify(secretOf(name)));
    await until(() => beacon.logs().some(({ msg }) => msg === 'deployment state changed'));
    const evidence = await collect(beacon, [undefined]);
    // and when what is active is replaced by another secret
    const next = plant('next literal');
    await beacon.write('.env', `REDIS_THIRD_PASSWORD="${next.value.replaceAll('"', "'")}"\n`);
    await until(async () =>
      (await beacon.ask('/debug/redis-config?history=1')).json.history.some(
        (entry: { cause: string }) => entry.cause === 'change',
      ),
    );
    evidence.push(...(await collect(beacon, [undefined])));
    expectNoLeaks(evidence, [...Object.values(named), next]);
  });

  const rejecting: readonly (readonly [string, () => Promise<RedisServer | Peer>])[] = [
    ['a Redis with another password', () => startRedis({ password: 'another' })],
    ['a Redis without a password', () => startRedis()],
    [
      'a Redis that does not know AUTH and HELLO, and says so',
      () => startRedis({ args: ['--rename-command', 'AUTH', '', '--rename-command', 'HELLO', ''] }),
    ],
    [
      'a peer that echoes',
      () =>
        startCommandPeer({
          HELLO: "-ERR unknown command 'HELLO', with args beginning with: %args\r\n",
          AUTH: '-ERR %args\r\n',
          PING: '+%args\r\n',
        }),
    ],
    ['a web server', startHttpPeer],
    ['a peer that agrees to everything', startEndlessOkPeer],
    ['a silent peer', startSilentPeer],
  ];

  test.each(rejecting)('of a password that does not fit: %s', async (_what, start) => {
    const canaries = [plant('password'), plant('password in a URL')];
    await using peer = await start();
    const { port } = peer;
    await using beacon = await startBeacon({
      variables: {
        REDIS_PASSWORD: canaries[0]?.value ?? '',
        REDIS_CACHE_URL: `redis://app:${encodeURIComponent(canaries[1]?.value ?? '')}@127.0.0.1:${port}/1`,
        BEACON_PREFLIGHT_DEADLINE_MS: '500',
      },
      files: {
        'catalog.yaml': {
          version: 1,
          deployments: { main: { addresses: { host: `127.0.0.1:${port}` }, auth: { username: 'app' } } },
          services: { backend: { connections: { default: {}, cache: {} } } },
        },
      },
    });
    await until(() => beacon.logs().some(({ msg }) => msg === 'deployment state changed'));
    await beacon.revision(2);
    expectNoLeaks(await collect(beacon, [undefined]), canaries);
  });
});

describe('I1: what cannot be read is not repeated', () => {
  const canary = plant('misplaced', '-');
  const { value } = canary;
  const yaml = (text: string): BeaconOptions => ({ files: { 'catalog.yaml': text } });
  const auth = (text: string): BeaconOptions => yaml(`version: 1\ndeployments:\n  main:\n    auth: ${text}\n`);
  const variables = (set: Record<string, string>): BeaconOptions => ({ variables: set });

  test.each<readonly [string, BeaconOptions]>([
    ['an unclosed quote', auth(`{ password: "${value} }`)],
    ['a bracket too many', auth(`{ password: ${value} }]`)],
    ['bad indentation', yaml(`version: 1\n   password: ${value}\n  x: 1`)],
    ['a duplicate key', auth(`{ password: ${value}, password: ${value} }`)],
    ['a secret as a key', auth(`{ ${value}: password }`)],
    ['a secret as a key of the catalog', yaml(`version: 1\n${value}: x\n`)],
    ['a secret as a name', yaml(`version: 1\nservices:\n  "${value}": {}\n`)],
    ['a secret as a list', auth(`{ password: [${value}] }`)],
    ['a secret in an unknown reference', auth(`{ password: { vualt: ${value} } }`)],
    ['a secret as a tag', auth(`{ password: !${value} x }`)],
    ['a secret as an anchor', auth(`{ password: &${value} x, username: *${value} }`)],
    ['a secret as a directive', yaml(`%${value}\n---\nversion: 1\n`)],
    [
      'a secret as an address',
      yaml(`version: 1\ndeployments: { main: { addresses: { host: "redis://u:${value}@h:1" } } }`),
    ],
    ['a secret in an address', yaml(`version: 1\ndeployments: { main: { addresses: { host: "u:${value}@h:1" } } }`)],
    ['a secret as a port', yaml(`version: 1\ndeployments: { main: { addresses: { host: "h:${value}" } } }`)],
    ['a secret as a number', yaml(`version: 1\ndeployments: { main: { databases: ${value} } }`)],
    ['a secret as a topology', yaml(`version: 1\ndeployments: { main: { topology: ${value} } }`)],
    [
      'a secret as a hash of a token',
      yaml(`version: 1\naccess: { callers: { a: { tokenSha256: ${value}, services: [] } } }`),
    ],
    ['a secret as a node', yaml(`version: 1\ndeployments: { main: { topology: cluster, nodes: ["u:${value}@h:1"] } }`)],
    [
      'a secret where PEM belongs',
      yaml(`version: 1\ndeployments: { main: { tls: { enabled: true, ca: "${value}" } } }`),
    ],
    [
      'a broken PEM',
      yaml(
        `version: 1\ndeployments: { main: { tls: { enabled: true, ca: "-----BEGIN CERTIFICATE-----\\n${value}\\n-----END CERTIFICATE-----" } } }`,
      ),
    ],
    [
      'a broken key',
      yaml(
        `version: 1\ndeployments: { main: { tls: { enabled: true, cert: "-----BEGIN CERTIFICATE-----\\nQUJD\\n-----END CERTIFICATE-----", key: "-----BEGIN PRIVATE KEY-----\\n${value}\\n-----END PRIVATE KEY-----" } } }`,
      ),
    ],
    ['JSON that ends too early', yaml(`{"version":1,"deployments":{"main":{"auth":{"password":"${value}`)],
    ['a URL with another scheme', variables({ REDIS_URL: `http://u:${value}@h/0` })],
    ['a URL with two @', variables({ REDIS_URL: `redis://u:${value}@@h:1/0` })],
    ['a URL without a host', variables({ REDIS_URL: `redis://u:${value}@` })],
    ['a URL with a bad port', variables({ REDIS_URL: `redis://u:${value}@h:99999/0` })],
    ['a URL with a bad database', variables({ REDIS_URL: `redis://h:1/${value}` })],
    ['a URL with a bad encoding', variables({ REDIS_URL: `redis://u:${value}%zz@h:1/0` })],
    ['a URL with a query', variables({ REDIS_URL: `redis://h:1/0?password=${value}` })],
    ['a URL with a fragment', variables({ REDIS_URL: `redis://h:1/0#${value}` })],
    ['a URL with the password in place of the user', variables({ REDIS_URL: `redis://${value}@127.0.0.1:1/0` })],
    ['a URL with blanks', variables({ REDIS_URL: ` redis://u:${value} @h:1/0` })],
    ['a URL in quotes', variables({ REDIS_URL: `"redis://u:${value}@h:1/0"` })],
    ['no URL', variables({ REDIS_URL: value })],
    ['a unix URL with a query', variables({ REDIS_URL: `unix:///tmp/x?password=${value}` })],
    ['a host with credentials', variables({ REDIS_HOST: `u:${value}@h` })],
    ['a secret as a port variable', variables({ REDIS_PORT: value })],
    ['a secret as a database', variables({ REDIS_DB: value })],
    ['a secret as a switch', variables({ REDIS_TLS: value })],
    ['a secret as a path', variables({ REDIS_PASSWORD_FILE: value })],
    ['a secret as a certificate', variables({ REDIS_TLS: 'true', REDIS_CA: value })],
    ['a secret twice', variables({ REDIS_PASSWORD: value, REDIS_PASSWORD_FILE: `/tmp/${value}` })],
    ['a secret with blanks around it', variables({ REDIS_PASSWORD: ` ${value} ` })],
    ['a secret in a misspelt variable', variables({ REDIS_PASWORD: value, REDIS_CAHCE_URL: value })],
    ['a broken line of .env', { files: { '.env': `REDIS_PASSWORD="${value}\n${value}\n=${value}\n` } }],
    ['a name of a variable in .env', { files: { '.env': `${value}=x\nexport ${value}=x\n` } }],
  ])('%s', async (_what, options) => {
    const evidence: Evidence[] = [];
    for (const environment of ['development', 'production']) {
      const started = await tryBeacon({
        ...options,
        variables: { BEACON_PREFLIGHT_DEADLINE_MS: '500', ...options.variables, ENVIRONMENT: environment },
      });
      if (!started.ok)
        evidence.push(
          { where: 'reasons', text: JSON.stringify(started.reasons) },
          { where: 'log', text: started.logText },
        );
      else {
        await using beacon = started.beacon;
        evidence.push(...(await collect(beacon, [undefined])));
      }
    }
    expect(evidence.length).toBeGreaterThan(2);
    expectNoLeaks(evidence, [canary]);
  });
});

describe('I1: the output of the program itself', () => {
  const canary = plant('value of a variable', '@');
  const { value } = canary;

  /** Runs `main.ts` until it ends, or until this is logged. */
  async function outputOf(variables: Record<string, string>, end: string | null): Promise<string> {
    await using folder = await temporaryDirectory();
    const child = spawn(process.execPath, [new URL('../src/main.ts', import.meta.url).pathname], {
      cwd: folder.path,
      env: { PORT: '0', HOST: '127.0.0.1', BEACON_NETWORK: 'host', LOG_LEVEL: 'trace', DEBUG: '*', ...variables },
    });
    const chunks: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(String(chunk)));
    const exited = once(child, 'exit');
    await until(() => child.exitCode !== null || (end !== null && chunks.join('').includes(end)));
    child.kill('SIGTERM');
    await exited;
    return chunks.join('');
  }

  test.each([
    [
      'a malformed URL in production, as JSON',
      { ENVIRONMENT: 'production', REDIS_URL: `redis://u:${value}@@h`, LOG_FORMAT: 'json' },
      null,
      'URL_INVALID',
    ],
    [
      'a malformed URL in production, as text',
      { ENVIRONMENT: 'production', REDIS_URL: `redis://u:${value}@@h`, LOG_FORMAT: 'pretty' },
      null,
      'URL_INVALID',
    ],
    ['callers that are no JSON', { BEACON_CALLERS: `{"a": ${value}` }, null, 'BEACON_CALLERS'],
    [
      'callers of another shape',
      { BEACON_CALLERS: JSON.stringify({ a: { tokenSha256: value } }) },
      null,
      'BEACON_CALLERS',
    ],
    ['bad settings', { PORT: value, LOG_LEVEL: value, ENVIRONMENT: value, HOST: value }, null, 'PORT'],
    [
      'a Redis that is away, with DEBUG set',
      { REDIS_URL: `redis://u:${encodeURIComponent(value)}@127.0.0.1:1/0` },
      'deployment state changed',
      'is up',
    ],
    [
      'readable lines',
      { REDIS_URL: `redis://u:${encodeURIComponent(value)}@127.0.0.1:1/0`, LOG_FORMAT: 'pretty' },
      'deployment state changed',
      'is up',
    ],
  ])('%s', async (_what, variables, end, shown) => {
    const output = await outputOf(variables, end);
    expect(output).toContain(shown);
    expectNoLeaks([{ where: 'output', text: output }], [canary]);
  });
});

describe('the scan catches a leak of the service itself', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test.each([
    ['raw', (secret: string) => `because of ${secret}`],
    ['in base64', (secret: string) => base64(`xx${secret}`)],
    ['as a hash', (secret: string) => sha256(secret)],
    ['in part', (secret: string) => `starts with ${secret.slice(0, 6)}`],
  ])('a secret that somebody wrote into a shown field, %s', async (_what, reveal) => {
    const canary = plant('planted', '-');
    await using redis = await startRedis();
    await using beacon = await startBeacon({
      files: {
        'catalog.yaml': {
          version: 1,
          deployments: { main: { addresses: { host: `127.0.0.1:${redis.port}` } } },
          services: { backend: {} },
          access: { waive: reveal(canary.value) }, // a reason is shown in the explanation and in the log
        },
      },
      variables: { ENVIRONMENT: 'test' },
    });
    const leaks = findLeaks(await collect(beacon, [undefined]), [canary]);
    expect(new Set(leaks.map(({ where }) => where))).toContain('/debug/redis-config');
    expect(new Set(leaks.map(({ where }) => where))).toContain('text /debug/redis-config');
    expect(leaks.map(({ where }) => where)).not.toContain('/metrics');
  });

  test('a log line that holds a secret', async () => {
    const canary = plant('planted', '-');
    await using redis = await startRedis();
    await using beacon = await startBeacon({
      variables: {
        ENVIRONMENT: 'production',
        BEACON_SERVICES: 'backend',
        BEACON_ACCESS_WAIVE: `since ${canary.value}`,
        REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      },
      files: {
        'catalog.yaml': { version: 1, deployments: { main: { waive: { tls: 'a test' } } }, services: { backend: {} } },
      },
    });
    const leaks = findLeaks(await collect(beacon, [undefined]), [canary]);
    expect(leaks.map(({ where }) => where)).toContain('log');
  });
});

test('I1: no answer tells the length of a secret', async () => {
  const lengths = [29, 1009];
  await using redis = await startRedis();
  const seen: string[][] = [];
  for (const length of lengths) {
    await using beacon = await startBeacon({
      variables: { REDIS_URL: `redis://127.0.0.1:${redis.port}`, REDIS_PASSWORD: 'x'.repeat(length) },
    });
    await beacon.revision(2);
    const paths = ['/debug/redis-config', '/debug/redis-config?history=1', '/config', '/config/BAD', '/openapi.json'];
    const answers = [];
    for (const path of paths) {
      answers.push(await beacon.ask(path), await beacon.ask(path, { headers: { Accept: 'text/plain' } }));
    }
    const mask = (text: string) =>
      text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replace(/"requestId":"[^"]+"/g, 'ID');
    seen.push(answers.map(({ body }) => mask(body)));
    const everything = [...(await collect(beacon, [undefined])).map(({ text }) => text)];
    const stated = everything.filter((text) => new RegExp(`(?<![\\d.:])${length}(?![\\d.])`).test(text));
    if (length > 1000) expect(stated).toEqual([]);
  }
  expect(seen[0]).toEqual(seen[1]);
});
