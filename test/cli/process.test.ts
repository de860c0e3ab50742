import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { requestRaw } from '../support/raw-http.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { MAIN, Program, run } from './program.ts';

const DEVELOPMENT = { ENVIRONMENT: 'development', BEACON_NETWORK: 'host', HOST: '127.0.0.1', PORT: '0' };
const PASSWORD = 'pa55word-of-the-process-test';

let directory: TemporaryDirectory;
let redis: RedisServer;

beforeAll(async () => {
  [directory, redis] = await Promise.all([temporaryDirectory(), startRedis({ password: PASSWORD })]);
});

afterAll(async () => {
  await Promise.all([directory[Symbol.asyncDispose](), redis.stop()]);
});

function start(variables: Record<string, string> = {}): Program {
  return new Program(MAIN, { directory: directory.path, variables: { ...DEVELOPMENT, ...variables } });
}

/** Variables for that Redis. */
function redisAt({ port }: RedisServer): Record<string, string> {
  return { REDIS_URL: `redis://127.0.0.1:${port}`, REDIS_PASSWORD: PASSWORD };
}

describe('settings that cannot be used', () => {
  const WRONG = {
    ENVIRONMENT: 'prodd',
    PORT: 'secret-port',
    LOG_LEVEL: 'loud',
    BEACON_POL_MS: '100',
    BEACON_HEALTH_DEADLINE_MS: '1',
  };
  const VARIABLES = ['BEACON_HEALTH_DEADLINE_MS', 'BEACON_POL_MS', 'ENVIRONMENT', 'LOG_LEVEL', 'PORT'];

  test('end the start with exit code 78 and one line of JSON that lists all of them', async () => {
    const { code, stdout, stderr } = await run(MAIN, { directory: directory.path, variables: WRONG });

    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([78, '', 1]);
    const { problems }: { problems: { path: string; fix: string }[] } = JSON.parse(stderr);
    expect(problems.map(({ path }) => path).sort()).toEqual(VARIABLES);
    expect(problems.find(({ path }) => path === 'BEACON_HEALTH_DEADLINE_MS')?.fix).toMatch(/At least 50/);
  });

  test('are listed for people with LOG_FORMAT=pretty', async () => {
    const variables = { ...WRONG, LOG_FORMAT: 'pretty' };
    const { code, stderr } = await run(MAIN, { directory: directory.path, variables });

    expect(code).toBe(78);
    expect(stderr).toContain('redis-beacon cannot start: 5 problems\n');
    expect(stderr).toContain('BEACON_POL_MS is no setting (did you mean BEACON_POLL_MS?)\n');
    expect(stderr).toContain('    fix: Correct the name, or remove the variable.\n');
  });

  test('are never repeated', async () => {
    const { stderr } = await run(MAIN, { directory: directory.path, variables: WRONG });
    expect(stderr).not.toMatch(/secret-port|prodd|loud/);
  });
});

test('in production a wrong catalog ends the start with exit code 78 and everything that is wrong with it', async () => {
  await using own = await temporaryDirectory();
  await writeFile(
    join(own.path, 'catalog.yaml'),
    [
      'version: 1',
      'deployments:',
      '  main: { addresses: { host: "redis.internal:99999" }, auth: { password: literal-secret } }',
      'services:',
      '  backend: { connections: { cache: { deployment: mian } } }',
    ].join('\n'),
  );
  const variables = { ...DEVELOPMENT, ENVIRONMENT: 'production' };

  const { code, stderr } = await run(MAIN, { directory: own.path, variables });

  expect(code).toBe(78);
  const { problems }: { problems: { code: string; path: string; origin: string | null }[] } = JSON.parse(stderr);
  expect(problems.map((problem) => `${problem.code} ${problem.path} ${problem.origin}`).sort()).toEqual([
    'ACCESS_MISSING access null',
    'ADDRESS_INVALID deployments.main.addresses.host catalog.yaml:3:30',
    'DEPLOYMENT_UNKNOWN services.backend.connections.cache.deployment catalog.yaml:5:50',
    'SECRET_LITERAL deployments.main.auth.password catalog.yaml:3:74',
    'TLS_REQUIRED deployments.main.tls.enabled built-in default',
  ]);
  expect(stderr).not.toContain('literal-secret');
});

describe('SIGTERM', () => {
  test('ends an idle service in order with exit code 0', async () => {
    await using beacon = start(redisAt(redis));
    await beacon.port();

    beacon.kill('SIGTERM');

    const { code, stdout, stderr } = await beacon.ended();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/"msg":"stopping"[\s\S]*"msg":"stopped"/);
  });

  test('ends it within 10 s with exit code 0 while a request is half sent and Redis is frozen', async () => {
    await using frozen = await startRedis({ password: PASSWORD });
    await using beacon = start(redisAt(frozen));
    const port = await beacon.port();
    await beacon.line('"to":"pass"');
    const socket = connect({ port, host: '127.0.0.1' });
    await once(socket, 'connect');
    socket.write('GET /config/backend HTTP/1.1\r\nHost: localhost\r\n');
    socket.on('error', () => {}); // its end may be a reset
    frozen.kill('SIGSTOP');
    const asking = requestRaw(port, 'GET /health/redis').catch(() => null);

    const sentAt = performance.now();
    beacon.kill('SIGTERM');
    const { code, stderr } = await beacon.ended();

    expect([code, stderr]).toEqual([0, '']);
    expect(performance.now() - sentAt).toBeLessThan(10_000);
    frozen.kill('SIGCONT');
    await asking;
    socket.destroy();
  });

  test('is announced before the listener closes: not ready, yet alive', async () => {
    await using beacon = start({ ...redisAt(redis), BEACON_DRAIN_MS: '8000' });
    const port = await beacon.port();

    beacon.kill('SIGTERM');
    await beacon.line('"msg":"stopping"');

    expect((await requestRaw(port, 'GET /health/ready')).status).toBe(503);
    expect((await requestRaw(port, 'GET /health/live')).status).toBe(200);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('and then %s ends it at once', async (second) => {
    await using beacon = start({ ...redisAt(redis), BEACON_DRAIN_MS: '8000' });
    await beacon.port();
    beacon.kill('SIGTERM');
    await beacon.line('"msg":"stopping"');

    const sentAt = performance.now();
    beacon.kill(second);

    expect((await beacon.ended()).code).toBe(1);
    expect(performance.now() - sentAt).toBeLessThan(2000);
  });
});

test('SIGUSR1 opens no inspector', async () => {
  await using beacon = start(redisAt(redis));
  const port = await beacon.port();

  beacon.kill('SIGUSR1');
  expect((await requestRaw(port, 'GET /health/live')).status).toBe(200);
  beacon.kill('SIGTERM');

  const { code, stderr } = await beacon.ended();
  expect([code, stderr]).toEqual([0, '']);
});

test('DEBUG=* makes no library talk', async () => {
  await using beacon = start({ ...redisAt(redis), DEBUG: '*', NODE_DEBUG: '', LOG_LEVEL: 'trace' });
  await beacon.line('"to":"pass"');
  beacon.kill('SIGTERM');

  const { code, stdout, stderr } = await beacon.ended();
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).not.toContain(PASSWORD);
  for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
});

test('LOG_FORMAT=pretty writes lines for people', async () => {
  await using beacon = start({ ...redisAt(redis), LOG_FORMAT: 'pretty' });
  expect(await beacon.line('redis-beacon is up')).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: redis-beacon is up \{/);
});
