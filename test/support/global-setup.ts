import { findRedisServer } from '../../src/testing/find-redis-server.ts';

/** Finds redis-server once, before the test files run at the same time; they inherit the variable. */
export default async function globalSetup(): Promise<void> {
  const found = await findRedisServer({ env: process.env, log: (line) => process.stderr.write(`${line}\n`) });
  process.env.REDIS_SERVER_BIN = found.redisServer;
}
