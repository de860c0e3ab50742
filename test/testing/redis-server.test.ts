import { expect, it } from 'vitest';
import { startRedis } from '../../src/testing/redis-server.ts';

it('answers PING', async () => {
  await using redis = await startRedis();
  expect(await redis.cli('PING')).toBe('PONG');
});
