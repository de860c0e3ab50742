import { expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { CANARY, examine, targetOf, verdictOf, warningsOf, withPassword } from './ladder-target.ts';

test('passes with the right password', async () => {
  await using redis = await startRedis({ password: CANARY });

  const result = await examine(targetOf(redis.port, withPassword({ db: 15 })));

  expect(verdictOf(result)).toBe('pass');
  expect(result.warnings).toEqual([]);
  expect(result.steps.filter((step) => step.status === 'pass').map((step) => step.name)).toEqual([
    'tcp',
    'listen',
    'ping',
    'auth',
    'hello',
    'select',
    'nonce',
  ]);
});

test('passes with a named user who may do next to nothing', async () => {
  await using redis = await startRedis({ users: [`app on >${CANARY} ~app:* -@all +ping +select`] });

  const result = await examine(targetOf(redis.port, withPassword({ username: 'app', db: 3 })));

  expect(verdictOf(result)).toBe('pass');
  expect(result.server?.role).toBe('master');
});

test('names a password that is needed and not given', async () => {
  await using redis = await startRedis({ password: 'other' });

  const result = await examine(targetOf(redis.port));

  expect(verdictOf(result)).toBe('fail AUTH_REQUIRED at ping');
  expect(result.fault?.class).toBe('configuration');
});

test('treats an empty password as none', async () => {
  await using redis = await startRedis({ password: 'other' });

  const result = await examine(targetOf(redis.port, { password: new Secret('') }));

  expect(verdictOf(result)).toBe('fail AUTH_REQUIRED at ping');
});

test('names a wrong password', async () => {
  await using redis = await startRedis({ password: 'other' });

  const result = await examine(targetOf(redis.port, withPassword()));

  expect(verdictOf(result)).toBe('fail AUTH_WRONG at auth');
  expect(result.pingMs).toBeNull();
});

test('names an unknown user, and that the default user is open', async () => {
  await using redis = await startRedis();

  const result = await examine(targetOf(redis.port, withPassword({ username: 'nobody' })));

  expect(verdictOf(result)).toBe('fail AUTH_WRONG at auth');
  expect(result.steps.find((step) => step.name === 'auth')?.note).toBe('the default user needs no password');
});

test.each([null, 'default'])('warns of a password where the server has none, user %s', async (username) => {
  await using redis = await startRedis();

  const result = await examine(targetOf(redis.port, withPassword({ username })));

  expect(verdictOf(result)).toBe('pass');
  expect(result.warnings).toMatchObject([
    {
      code: 'AUTH_NOT_CONFIGURED',
      class: 'warning',
      cause: `127.0.0.1:${redis.port} has no password, the configuration sends one.`,
    },
  ]);
});

test('passes where AUTH is renamed and HELLO carries the credentials', async () => {
  await using redis = await startRedis({ password: CANARY, args: ['--rename-command', 'AUTH', ''] });

  const result = await examine(targetOf(redis.port, withPassword()));

  expect(verdictOf(result)).toBe('pass');
});

test('names a wrong password where AUTH is renamed', async () => {
  await using redis = await startRedis({ password: 'other', args: ['--rename-command', 'AUTH', ''] });

  const result = await examine(targetOf(redis.port, withPassword()));

  expect(verdictOf(result)).toBe('fail AUTH_WRONG at hello');
});

test('passes where HELLO is renamed', async () => {
  await using redis = await startRedis({ password: CANARY, args: ['--rename-command', 'HELLO', ''] });

  const result = await examine(targetOf(redis.port, withPassword()));

  expect(verdictOf(result)).toBe('pass');
  expect(result.server).toMatchObject({ mode: 'standalone', role: 'master' });
});

test('names a user without the right to PING', async () => {
  await using redis = await startRedis({ users: [`app on >${CANARY} ~* -@all +get`] });

  const result = await examine(targetOf(redis.port, withPassword({ username: 'app' })));

  expect(verdictOf(result)).toBe('fail ACL_NOPERM at nonce');
});

test('names a user without the right to SELECT', async () => {
  await using redis = await startRedis({ users: [`app on >${CANARY} ~* +@all -select`] });

  const result = await examine(targetOf(redis.port, withPassword({ username: 'app', db: 1 })));

  expect(verdictOf(result)).toBe('fail ACL_NOPERM at select');
});

test('names a database that does not exist', async () => {
  await using redis = await startRedis({ databases: 4 });

  const result = await examine(targetOf(redis.port, { db: 4 }));

  expect(verdictOf(result)).toBe('fail DB_OUT_OF_RANGE at select');
  expect(result.fault?.cause).toContain('has no database 4');
});

test('names a database in a cluster whose mode nobody tells', async () => {
  const hidden = ['--rename-command', 'HELLO', '', '--rename-command', 'INFO', ''];
  await using redis = await startRedis({ args: ['--cluster-enabled', 'yes', ...hidden] });

  const result = await examine(targetOf(redis.port, { db: 1 }));

  expect(verdictOf(result)).toBe('fail DB_IN_CLUSTER at select');
  expect(warningsOf(result)).toEqual([]);
});
