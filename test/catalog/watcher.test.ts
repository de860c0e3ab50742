import { mkdir, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { runProgram } from '../../src/testing/run-program.ts';
import { type Beacon, startBeacon } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis({
    users: ['first on >first-password ~* &* +@all', 'second on >second-password ~* &* +@all'],
  });
});

afterAll(() => redis.stop());

/** As many services as named, so that a truncated file shows. */
function catalogText(keyPrefix: string, services = 30): string {
  const lines = Array.from(
    { length: services },
    (_, index) => `  service-${index}:\n    connections:\n      default: { keyPrefix: "${keyPrefix}" }\n`,
  );
  return `version: 1\ndeployments:\n  main:\n    addresses: { host: "127.0.0.1:${redis.port}" }\nservices:\n${lines.join('')}`;
}

async function prefixesOf(beacon: Beacon): Promise<string[]> {
  const { json } = await beacon.ask('/debug/redis-config');
  const services = Object.values<{ connections: { default: { keyPrefix: { value: string } } } }>(json.services);
  return services.map(({ connections }) => connections.default.keyPrefix.value);
}

const untilPrefix = (beacon: Beacon, prefix: string) =>
  until(async () => (await beacon.ask('/config/service-0')).json.connections?.default.keyPrefix === prefix);

describe('a catalog is taken over however it is replaced', () => {
  test('by an atomic rename, again and again', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogText('a:') } });
    for (const prefix of ['b:', 'c:', 'a:', 'd:']) {
      await beacon.write('catalog.yaml', catalogText(prefix));
      await untilPrefix(beacon, prefix);
    }
    expect(await prefixesOf(beacon)).toEqual(Array.from({ length: 30 }, () => 'd:'));
  });

  test('in place, by truncating and writing', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogText('a:') } });
    await writeFile(join(beacon.directory, 'catalog.yaml'), catalogText('b:'));
    await untilPrefix(beacon, 'b:');
    expect(await prefixesOf(beacon)).toHaveLength(30);
  });

  test('by removing and creating it', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogText('a:') } });
    await rm(join(beacon.directory, 'catalog.yaml'));
    await writeFile(join(beacon.directory, 'catalog.yaml'), catalogText('b:'));
    await untilPrefix(beacon, 'b:');
    expect(await prefixesOf(beacon)).toHaveLength(30);
  });

  test("by Kubernetes' swap of the ..data directory", async () => {
    await using folder = await temporaryDirectory();
    const mount = folder.path;
    await swapData(mount, '1', { 'catalog.yaml': catalogText('a:') });
    await symlink('..data/catalog.yaml', join(mount, 'catalog.yaml'));
    await using mounted = await startBeacon({ variables: { BEACON_CATALOG: join(mount, 'catalog.yaml') } });
    for (const [version, prefix] of [
      ['2', 'b:'],
      ['3', 'c:'],
    ] as const) {
      await swapData(mount, version, { 'catalog.yaml': catalogText(prefix) });
      await untilPrefix(mounted, prefix);
    }
    expect(await prefixesOf(mounted)).toHaveLength(30);
  });

  test('with the same size and time of change', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogText('a:') } });
    const path = join(beacon.directory, 'catalog.yaml');
    const handle = await open(path, 'r+');
    const { atime, mtime } = await handle.stat();
    const text = catalogText('z:');
    await handle.write(text, 0);
    await handle.utimes(atime, mtime);
    await handle.close();
    await untilPrefix(beacon, 'z:');
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('when it is larger than what is parsed in one go', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogText('a:', 1000) } });
    await beacon.write('catalog.yaml', catalogText('b:', 1000));
    await untilPrefix(beacon, 'b:');
    const prefixes = await prefixesOf(beacon);
    expect([prefixes.length, new Set(prefixes)]).toEqual([1000, new Set(['b:'])]);
  });
});

test('a catalog in one long line is read as fast as one of many lines', async () => {
  const services = (prefix: string) =>
    Object.fromEntries(
      Array.from({ length: 10_000 }, (_, at) => [`service-${at}`, { connections: { default: { keyPrefix: prefix } } }]),
    );
  const oneLine = (prefix: string) =>
    JSON.stringify({
      version: 1,
      deployments: { main: { addresses: { host: `127.0.0.1:${redis.port}` } } },
      services: services(prefix),
    });
  const startedAt = performance.now();
  await using beacon = await startBeacon({ files: { 'catalog.yaml': oneLine('a:') } });
  await beacon.write('catalog.yaml', oneLine('b:'));
  await untilPrefix(beacon, 'b:');
  expect(performance.now() - startedAt).toBeLessThan(8000); // it was half a minute
});

/** A volume as the kubelet makes it: files are links into `..data`, which is a link to a directory of a version. */
async function swapData(mount: string, version: string, files: Readonly<Record<string, string>>): Promise<void> {
  const folder = join(mount, `..version_${version}`);
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  await symlink(`..version_${version}`, join(mount, '..data_tmp'));
  await rename(join(mount, '..data_tmp'), join(mount, '..data'));
  for (const old of ['1', '2', '3'].filter((each) => each !== version))
    await rm(join(mount, `..version_${old}`), { recursive: true, force: true });
}

test('I2: a catalog that is written in small pieces is active as a whole or not at all', async () => {
  await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogText('a:') }, variables: SLOW });
  const path = join(beacon.directory, 'catalog.yaml');
  const before = (await beacon.ask('/config')).json.services.length;
  const seen = new Set<string>();
  const handle = await open(path, 'w'); // empty from here on
  const text = catalogText('b:');
  for (let at = 0; at < text.length; at += 100) {
    await handle.write(text.slice(at, at + 100));
    for (const prefix of await prefixesOf(beacon)) seen.add(prefix);
    seen.add(String((await beacon.ask('/config')).json.services.length));
  }
  await handle.close();
  await untilPrefix(beacon, 'b:');
  expect(before).toBe(30);
  expect(seen).toEqual(new Set(['a:', '30']));
  expect(beacon.logText()).not.toContain('refused');
});

/** Content must stay the same for longer than the pauses between two pieces take on a busy machine. */
const SLOW = { BEACON_POLL_MS: '20', BEACON_SETTLE_MS: '400' };

describe('secrets and variables are taken over as well', () => {
  const passwordOf = async (beacon: Beacon) =>
    (await beacon.ask('/config/backend')).json.connections?.default.password as string;
  const untilPassword = (beacon: Beacon, password: string) =>
    until(async () => (await passwordOf(beacon)) === password);

  const withFile = (path: string) => ({
    version: 1,
    deployments: {
      main: { addresses: { host: `127.0.0.1:${redis.port}` }, auth: { username: 'first', password: { file: path } } },
    },
    services: { backend: {} },
  });

  test('a secret file in a volume of Kubernetes, over its swap of ..data', async () => {
    await using folder = await temporaryDirectory();
    const mount = folder.path;
    await swapData(mount, '1', { password: 'first-password\n' });
    await symlink('..data/password', join(mount, 'password'));
    await using beacon = await startBeacon({ files: { 'catalog.yaml': withFile(join(mount, 'password')) } });
    expect(await passwordOf(beacon)).toBe('first-password');
    await redis.cli('ACL', 'SETUSER', 'first', '>rotated-password');
    await swapData(mount, '2', { password: 'rotated-password\n' });
    await untilPassword(beacon, 'rotated-password');
    const { json } = await beacon.ask('/debug/redis-config');
    expect(json.secrets).toEqual([
      {
        reference: `file:${join(mount, 'password')}`,
        usedBy: ['deployments.main.auth.password'],
        readAt: expect.any(String),
        problem: null,
      },
    ]);
  });

  test('a secret file that is written in place', async () => {
    await using beacon = await startBeacon({ files: { 'secret.txt': 'first-password' } });
    const path = join(beacon.directory, 'secret.txt');
    await beacon.write('catalog.yaml', withFile(path));
    await untilPassword(beacon, 'first-password');
    await writeFile(path, 'another-password\n');
    await untilPassword(beacon, 'another-password');
    expect(beacon.logText()).not.toContain('another-password');
  });

  test('a secret file that goes away is a refusal that names it, until it is back', async () => {
    await using beacon = await startBeacon({ files: { 'secret.txt': 'first-password' } });
    const path = join(beacon.directory, 'secret.txt');
    await beacon.write('catalog.yaml', withFile(path));
    await untilPassword(beacon, 'first-password');
    await rm(path);
    const refused = async () => (await beacon.ask('/debug/redis-config')).json.catalog.refused;
    const { reasons } = await until(refused);
    expect(reasons).toMatchObject([{ code: 'SECRET_UNRESOLVABLE', message: `File ${path} does not exist.` }]);
    expect(await passwordOf(beacon)).toBe('first-password');
    await beacon.write('secret.txt', 'first-password');
    await until(async () => (await refused()) === null);
  });

  test('the file that a ..._FILE variable names', async () => {
    await using folder = await temporaryDirectory();
    const path = join(folder.path, 'password');
    await writeFile(path, 'first-password');
    const variables = {
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      REDIS_USERNAME: 'first',
      REDIS_PASSWORD_FILE: path,
    };
    await using beacon = await startBeacon({ variables });
    expect(await passwordOf(beacon)).toBe('first-password');
    await writeFile(path, 'new-password');
    await untilPassword(beacon, 'new-password');
  });

  test('.env, and .env.<environment> over it, also when they appear and go', async () => {
    await using beacon = await startBeacon({ variables: { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port) } });
    expect(await passwordOf(beacon)).toBeNull();
    await beacon.write('.env', 'REDIS_USERNAME=first\nREDIS_PASSWORD=first-password\n');
    await untilPassword(beacon, 'first-password');
    await beacon.write('.env.development', 'REDIS_USERNAME=second\nREDIS_PASSWORD=second-password\n');
    await untilPassword(beacon, 'second-password');
    const { json } = await beacon.ask('/debug/redis-config');
    expect(json.deployments.main.auth.username).toEqual({
      value: 'second',
      origin: {
        layer: 'env-file-environment',
        variable: 'REDIS_USERNAME',
        file: '.env.development',
        line: 1,
        column: 1,
      },
      shadowed: [
        { value: 'first', origin: { layer: 'env-file', variable: 'REDIS_USERNAME', file: '.env', line: 1, column: 1 } },
      ],
    });
    await rm(join(beacon.directory, '.env.development'));
    await untilPassword(beacon, 'first-password');
  });

  test('the process wins over .env', async () => {
    const variables = { REDIS_URL: `redis://first:first-password@127.0.0.1:${redis.port}` };
    await using beacon = await startBeacon({ variables, files: { '.env': 'REDIS_PASSWORD=second-password\n' } });
    expect(await passwordOf(beacon)).toBe('first-password');
  });
});

describe('what is no regular file is refused, and blocks nobody', () => {
  test.each([
    ['a directory', (path: string) => mkdir(path)],
    ['a FIFO', (path: string) => run('mkfifo', path)],
    ['a device', (path: string) => symlink('/dev/zero', path)],
    ['a link to itself', (path: string) => symlink(path, path)],
    ['a link to nowhere', (path: string) => symlink(`${path}.gone`, path)],
  ])('%s in place of the catalog', async (_what, make) => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogText('a:') } });
    const path = join(beacon.directory, 'catalog.yaml');
    await rm(path);
    await make(path);
    const refused = async () => (await beacon.ask('/debug/redis-config')).json.catalog.refused;
    const { reasons } = await until(refused);
    expect(reasons[0].code).toMatch(/^CATALOG_(UNREADABLE|REMOVAL)$/);
    expect((await beacon.ask('/config/service-0')).status).toBe(200);
    await rm(path, { recursive: true });
    await beacon.write('catalog.yaml', catalogText('a:'));
    await until(async () => (await refused()) === null);
  });

  test.each([
    ['a directory', (path: string) => mkdir(path)],
    ['a FIFO', (path: string) => run('mkfifo', path)],
  ])('%s in place of .env', async (_what, make) => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogText('a:') } });
    await make(join(beacon.directory, '.env'));
    const { reasons } = await until(async () => (await beacon.ask('/debug/redis-config')).json.catalog.refused);
    expect(reasons[0]).toMatchObject({ code: 'ENV_FILE_UNREADABLE', origin: { file: '.env' } });
  });
});

async function run(program: string, ...args: string[]): Promise<void> {
  const { ok } = await runProgram(program, args, { env: process.env, timeoutMs: 5000 });
  if (!ok) throw new Error(`${program} failed.`);
}

test('content that comes back before it was believed changes nothing', async () => {
  await using beacon = await startBeacon({ files: { 'catalog.yaml': catalogText('a:') }, variables: SLOW });
  await beacon.revision(2);
  for (const prefix of ['b:', 'c:', 'a:']) await beacon.write('catalog.yaml', catalogText(prefix));
  await beacon.write('.env', '# nothing is set here\n'); // is believed after what came before it
  await beacon.revision(3);
  expect(await prefixesOf(beacon)).toEqual(Array.from({ length: 30 }, () => 'a:'));
  const { history } = (await beacon.ask('/debug/redis-config?history=1')).json;
  expect(history[0]).toMatchObject({ revision: 3, cause: 'change', changesTotal: 0 });
});
