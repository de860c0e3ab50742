import type { RedisServer } from '../../src/testing/redis-server.ts';
import { preparedScript } from './prepared-scripts.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** (a) `node:http` that writes a prepared buffer, or one of several. */
export function startBareHttp(bodyBytes: number, bodies = 1): Promise<ServerProcess> {
  const env = { BODY_BYTES: String(bodyBytes), BODIES: String(bodies) };
  return startServer({ program: preparedScript('bare-http'), env });
}

/** (b) a bare Fastify route that returns the object in the file. */
export function startBareFastify(bodyFile: string): Promise<ServerProcess> {
  return startServer({ program: preparedScript('bare-fastify'), env: { BODY_FILE: bodyFile } });
}

/** (c) a bare Fastify route that sends a PING for each request. */
export function startPingFastify(redis: RedisServer): Promise<ServerProcess> {
  const env = { REDIS_PORT: String(redis.port), REDIS_PASSWORD: redis.password ?? '' };
  return startServer({ program: preparedScript('ping-fastify'), env });
}
