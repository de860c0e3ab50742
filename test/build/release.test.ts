import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis } from '../../src/testing/redis-server.ts';
import { CLI, Program, run } from '../cli/program.ts';
import { requestRaw } from '../support/raw-http.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEVELOPMENT = { ENVIRONMENT: 'development', BEACON_NETWORK: 'host', HOST: '127.0.0.1', PORT: '0' };

let directory: TemporaryDirectory;
/** Copied from where it was built, with no `node_modules` anywhere above it. */
let release: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const built = join(directory.path, 'built');
  await execute(process.execPath, [join(ROOT, 'build.ts'), built]);
  release = join(directory.path, 'release');
  await cp(built, release, { recursive: true });
  await mkdir(join(directory.path, 'work'));
});

afterAll(() => directory[Symbol.asyncDispose]());

const execute = promisify(execFile);

function start(variables: Record<string, string> = {}, args: string[] = [], file = 'main.js'): Program {
  const options = { directory: join(directory.path, 'work'), variables: { ...DEVELOPMENT, ...variables }, args };
  return new Program(join(release, file), options);
}

describe('the released service', () => {
  test('serves configuration, proven by a real Redis', async () => {
    await using redis = await startRedis();
    await using beacon = start({ REDIS_URL: `redis://127.0.0.1:${redis.port}` });
    const port = await beacon.port();

    await beacon.line('"to":"pass"');
    const { status, body } = await requestRaw(port, 'GET /config/backend');
    expect([status, JSON.parse(body).connections.default.port]).toEqual([200, redis.port]);
    expect((await requestRaw(port, 'GET /health/redis')).status).toBe(200);
  });

  test.each([
    ['/openapi.json', '"openapi":"3.1.0"'],
    ['/docs', '<!doctype html>'],
    ['/schema/catalog.json', '"$id":"redis-beacon-catalog"'],
    ['/metrics', 'redis_beacon_revision'],
    ['/debug/redis-config', '"environment"'],
  ])('has everything for %s', async (path, content) => {
    await using beacon = start();
    const { status, body } = await requestRaw(await beacon.port(), `GET ${path}`);
    expect(status).toBe(200);
    expect(body).toContain(content);
  });

  test('has everything for people who read its log', async () => {
    await using beacon = start({ LOG_FORMAT: 'pretty' });
    expect(await beacon.line('redis-beacon is up')).toMatch(/^\[.*\] INFO: /);
  });

  test('starts a Redis of its own for development', async () => {
    const beacon = start({ BEACON_EMBEDDED_REDIS: 'auto', REDIS_SERVER_BIN: process.env.REDIS_SERVER_BIN ?? '' });
    await using _ = beacon;
    expect(await beacon.line('Redis')).toMatch(/started a Redis of its own|something listens on the default address/);
  });

  test('parses a large catalog in its thread', async () => {
    const catalog = join(directory.path, 'catalog.yaml');
    const write = async (services: number) => {
      const names = Array.from(
        { length: services },
        (_, index) => `  service-${index}: { connections: { cache: {} } }`,
      );
      await writeFile(`${catalog}.next`, `version: 1\nservices:\n${names.join('\n')}\n`);
      await rename(`${catalog}.next`, catalog);
    };
    await write(1);
    await using beacon = start({ BEACON_CATALOG: catalog, BEACON_POLL_MS: '20', BEACON_SETTLE_MS: '20' });
    const port = await beacon.port();

    await write(2000);

    const statusOfLast = async () => (await requestRaw(port, 'GET /config/service-1999')).status;
    expect(await until(async () => (await statusOfLast()) === 200)).toBe(true);
  });

  test('lists all problems of its settings', async () => {
    const variables = { PORT: '-1', LOG_LEVEL: 'loud' };
    const { code, stderr } = await run(join(release, 'main.js'), { directory: directory.path, variables });
    expect([code, JSON.parse(stderr).problems.length]).toEqual([78, 2]);
  });

  test('loads at start neither undici, which costs more than the service, nor what is seldom needed', async () => {
    const report = `data:text/javascript,process.on('exit',()=>console.log(process.moduleLoadList.join()))`;
    await using beacon = start({ NODE_OPTIONS: `--import=${report}` });
    await beacon.port();
    beacon.kill('SIGTERM');
    const { stdout } = await beacon.ended();
    expect(stdout).toContain('NativeModule http');
    expect(stdout).not.toContain('undici');
  });

  test('finds its code compiled, also where it was copied to', async () => {
    const cached = await filesIn(join(release, 'compile-cache'));
    await using beacon = start();
    await beacon.port();
    beacon.kill('SIGTERM');
    await beacon.ended();
    expect(cached.some(({ size }) => size > 100_000)).toBe(true);
    expect(await filesIn(join(release, 'compile-cache'))).toEqual(cached);
  });
});

describe('the released command line', () => {
  test('starts the service and asks for its health', async () => {
    await using beacon = start({}, ['start'], 'cli.js');
    const PORT = String(await beacon.port());
    const options = { directory: directory.path, args: ['healthcheck'], variables: { PORT } };
    expect(await run(join(release, 'cli.js'), options)).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test.each(['schema', 'help', 'tokn'])('%s does what it does in the source', async (name) => {
    const options = { directory: directory.path, args: [name] };
    expect(await run(join(release, 'cli.js'), options)).toEqual(await run(CLI, options));
  });

  test('can be run by its name', async () => {
    const { stdout } = await execute(join(release, 'cli.js'), ['token', 'backend'], {
      env: { PATH: `${join(process.execPath, '..')}:${process.env.PATH}` },
    });
    expect(stdout).toMatch(/^\S{43}\nbackend: \{ tokenSha256: "[0-9a-f]{64}", services: \[backend\] \}\n$/);
  });
});

describe('redis-beacon/testing', () => {
  test('starts a real Redis for a sibling, with types that its compiler accepts', async () => {
    const sibling = join(directory.path, 'sibling');
    const installed = join(sibling, 'node_modules/redis-beacon');
    await mkdir(installed, { recursive: true });
    await cp(join(ROOT, 'package.json'), join(installed, 'package.json'));
    await symlink(release, join(installed, 'dist'));
    await symlink(join(ROOT, 'node_modules/@types'), join(sibling, 'node_modules/@types'));
    const source = `import { startRedis, type RedisServer } from 'redis-beacon/testing';
const redis: RedisServer = await startRedis({ password: 'secret' });
const answer: string = await redis.cli('PING');
console.log(answer);
await redis.stop();
`;
    await writeFile(join(sibling, 'package.json'), '{ "type": "module" }');
    await writeFile(join(sibling, 'test.ts'), source);
    const settings = { module: 'NodeNext', target: 'ES2024', lib: ['ES2024', 'ESNext.Disposable'], types: ['node'] };
    const compilerOptions = { ...settings, strict: true, noEmit: true };
    await writeFile(join(sibling, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['test.ts'] }));

    await execute(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--project', sibling]);
    const variables = { REDIS_SERVER_BIN: process.env.REDIS_SERVER_BIN ?? '' };
    const { stdout, stderr } = await run(join(sibling, 'test.ts'), { directory: sibling, variables });

    expect([stdout, stderr]).toEqual(['PONG\n', '']);
  });
});

test('the release names the licences of everything that it contains', async () => {
  const text = await readFile(join(release, 'LICENSES.txt'), 'utf8');
  for (const name of ['fastify', 'ioredis', 'js-yaml', 'pino', 'tarn', 'zod'])
    expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(MIT\\)\\n`, 'm'));
});

async function filesIn(path: string): Promise<{ name: string; size: number; changedMs: number }[]> {
  const entries = await readdir(path, { recursive: true });
  return Promise.all(
    entries.sort().map(async (name) => {
      const { size, mtimeMs } = await stat(join(path, name));
      return { name, size, changedMs: mtimeMs };
    }),
  );
}
