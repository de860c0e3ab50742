import fastify from 'fastify';
import { Redis } from 'ioredis';
import { announce } from './announce.ts';

/** Baseline (c): a bare Fastify route that sends Redis a PING for each request, as health checks are usually written. */
const redis = new Redis({
  host: '127.0.0.1',
  port: Number(process.env.REDIS_PORT),
  password: process.env.REDIS_PASSWORD ?? '',
});
const app = fastify();

app.get('/health/redis', async () => ({ status: 'pass', redis: await redis.ping() }));

await app.listen({ host: '127.0.0.1', port: 0 });
announce(app.server.address());
