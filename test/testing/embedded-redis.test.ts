import { expect, it } from 'vitest';
import { startEmbeddedRedis } from '../../src/testing/embedded-redis.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { somethingListens } from '../../src/testing/listens.ts';

it('is small, refuses writes when it is full, and keeps nothing', async () => {
  await using redis = await startEmbeddedRedis();

  expect(await redis.cli('CONFIG', 'GET', 'maxmemory')).toBe('maxmemory\n67108864');
  expect(await redis.cli('CONFIG', 'GET', 'maxmemory-policy')).toBe('maxmemory-policy\nnoeviction');
  expect(await redis.cli('CONFIG', 'GET', 'save')).toBe('save\n');
});

it('listens while it runs and no longer', async () => {
  const redis = await startEmbeddedRedis();
  const { host, port } = redis;
  expect(await somethingListens({ host, port }, 5000)).toBe(true);

  await redis.stop();

  expect(await somethingListens({ host, port }, 5000)).toBe(false);
});

it('finds nothing where nobody listens or no name resolves', async () => {
  expect(await somethingListens({ host: '127.0.0.1', port: await freePort('127.0.0.1') }, 5000)).toBe(false);
  expect(await somethingListens({ host: 'nowhere.invalid', port: 6379 }, 5000)).toBe(false);
});
