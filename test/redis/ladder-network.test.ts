import { chmod } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Budget } from '../../src/redis/ladder/budget.ts';
import { dialAny } from '../../src/redis/ladder/dial.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { runProgram } from '../../src/testing/run-program.ts';
import { startDeafRedis } from './deaf-redis.ts';
import { examine, targetOf, verdictOf } from './ladder-target.ts';

test('passes a healthy server, tells what it is and how long a PING takes', async () => {
  await using redis = await startRedis();

  const result = await examine(targetOf(redis.port));

  expect(verdictOf(result)).toBe('pass');
  expect(result.warnings).toEqual([]);
  expect(result.server).toEqual({
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    mode: 'standalone',
    role: 'master',
  });
  expect(result.pingMs).toBeGreaterThan(0);
  expect(result.certificate).toBeNull();
  expect(result.steps.map((step) => `${step.name} ${step.status}`)).toEqual([
    'dns skip',
    'tcp pass',
    'tls skip',
    'listen pass',
    'ping pass',
    'auth skip',
    'hello pass',
    'select skip',
    'nonce pass',
  ]);
});

test('resolves a host name', async () => {
  await using redis = await startRedis();

  const result = await examine(targetOf(redis.port, { address: { host: 'localhost', port: redis.port } }));

  expect(verdictOf(result)).toBe('pass');
  expect(result.steps[0]).toMatchObject({ name: 'dns', status: 'pass' });
});

test('takes the next address of a name when the first refuses', async () => {
  await using redis = await startRedis();
  using budget = new Budget(2000);
  const [refusing, good] = [
    { host: '127.0.0.2', port: redis.port },
    { host: '127.0.0.1', port: redis.port },
  ];

  const line = await dialAny([refusing, good], budget);

  expect(line).toMatchObject({ value: { endpoint: good }, note: 'not all addresses of the name accept connections' });
});

test('takes the next address of a name when the first stays silent, and does not wait for it', async () => {
  await using deaf = await startDeafRedis();
  await using redis = await startRedis();
  using budget = new Budget(2000);
  const good = { host: '127.0.0.1', port: redis.port };
  const startedAt = performance.now();

  const line = await dialAny([{ host: '127.0.0.1', port: deaf.port }, good], budget);

  expect(line).toMatchObject({ ok: true, value: { endpoint: good } });
  expect(performance.now() - startedAt).toBeLessThan(800);
});

test('names the refusal when one address of a name refuses and another is out of reach', async () => {
  const port = await freePort('127.0.0.1');
  using budget = new Budget(2000);

  const line = await dialAny(
    [
      { host: '255.255.255.255', port },
      { host: '127.0.0.1', port },
    ],
    budget,
  );

  expect(line).toEqual({ ok: false, code: 'CONN_REFUSED' });
});

test('names a port on which nothing listens', async () => {
  const port = await freePort('127.0.0.1');

  const result = await examine(targetOf(port));

  expect(verdictOf(result)).toBe('fail CONN_REFUSED at tcp');
  expect(result.fault).toMatchObject({
    class: 'environment',
    cause: `Nothing listens on 127.0.0.1:${port}.`,
    help: 'docs/faults.md#conn_refused',
  });
  expect(result.steps).toEqual(result.fault?.steps);
});

test('names a host name that does not exist', async () => {
  const result = await examine(targetOf(6379, { address: { host: 'dev-redis..invalid', port: 6379 } }));

  expect(verdictOf(result)).toBe('fail DNS_NOT_FOUND at dns');
});

test('names a machine that cannot be reached', async () => {
  const result = await examine(targetOf(6379, { address: { host: '255.255.255.255', port: 6379 } }));

  expect(verdictOf(result)).toBe('fail HOST_UNREACHABLE at tcp');
});

test('names a host that swallows connections', async () => {
  await using deaf = await startDeafRedis();

  const result = await examine(targetOf(deaf.port));

  expect(verdictOf(result)).toBe('fail CONN_TIMEOUT at tcp');
});

test('names a frozen server', async () => {
  await using redis = await startRedis();
  redis.kill('SIGSTOP');

  const result = await examine(targetOf(redis.port));

  expect(verdictOf(result)).toBe('fail NO_RESPONSE at ping');
});

test('names an impossible port without any network', async () => {
  const result = await examine(targetOf(70_000));

  expect(result.fault?.code).toBe('CONFIG_PORT_INVALID');
});

test('passes over a unix socket', async () => {
  await using redis = await startRedis({ unixSocket: true });

  const result = await examine(targetOf(0, { address: { path: redis.unixSocket ?? '' } }));

  expect(verdictOf(result)).toBe('pass');
});

test.each(['/nowhere/redis.sock', `/tmp/${'long'.repeat(40)}.sock`, '', '/etc/passwd/redis.sock'])(
  'names a unix socket that does not exist: %j',
  async (path) => {
    const result = await examine(targetOf(0, { address: { path } }));

    expect(result.fault?.code).toBe('SOCKET_PATH_MISSING');
  },
);

test('names a unix socket that a dead server left behind', async () => {
  await using redis = await startRedis({ unixSocket: true });
  redis.kill('SIGKILL');
  await redis.ended();

  const result = await examine(targetOf(0, { address: { path: redis.unixSocket ?? '' } }));

  expect(verdictOf(result)).toBe('fail CONN_REFUSED at tcp');
});

test('names a unix socket that it may not use', async () => {
  await using redis = await startRedis({ unixSocket: true });
  await chmod(redis.unixSocket ?? '', 0);
  const target = targetOf(0, { address: { path: redis.unixSocket ?? '' } });
  const ladder = fileURLToPath(import.meta.resolve('../../src/redis/ladder.ts'));
  // Root may use any socket, so it becomes somebody else first.
  const program = `
    import { climb } from ${JSON.stringify(ladder)};
    if (process.getuid() === 0) process.seteuid(65534);
    const { fault } = await climb(${JSON.stringify(target)}, { deadlineMs: 2000 });
    process.stdout.write(fault.code);`;

  const result = await runProgram(process.execPath, ['--input-type=module', '-e', program], {
    env: process.env,
    timeoutMs: 10_000,
  });

  expect(result).toMatchObject({ ok: true, stdout: 'SOCKET_PERMISSION' });
});
