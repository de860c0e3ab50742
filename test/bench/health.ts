import type { RedisServer } from '../../src/testing/redis-server.ts';
import { startPingFastify } from './baselines.ts';
import { BeaconFolder } from './beacon.ts';
import type { BenchContext } from './context.ts';
import { AUTHORIZATION, getRequest } from './requests.ts';
import { limitResult, type Result, ratioResult } from './results.ts';
import { compare, describe, runRounds } from './rounds.ts';

/** `GET /health/redis` with all details, over TLS, against a PING for each request, in plaintext. */
export async function measureHealth({ redis, load, plan }: BenchContext): Promise<Result[]> {
  await using folder = await BeaconFolder.create({ redis, services: 10 });
  await using beacon = await folder.start();
  await using pingFastify = await startPingFastify(redis);
  const request = getRequest('/health/redis', AUTHORIZATION);
  const health = { name: 'health', server: beacon, requests: [request], status: 200 };
  const samples = await runRounds(
    load,
    [{ name: 'PING a request', server: pingFastify, requests: [request], status: 200 }, health],
    plan,
  );
  console.log(describe(samples));

  const before = await pingsOf(redis);
  const { answered } = await load.put(beacon, { ...health, connections: plan.connections, durationMs: plan.roundMs });
  const pings = (await pingsOf(redis)) - before;
  return [
    ratioResult('/health/redis : (c) PING a request', 1.25, compare(samples, 'health', 'PING a request')),
    // one in flight, shared by whoever came before it was sent: about 1 : connections
    limitResult('PINGs : requests', 4 / plan.connections, pings / answered, '', `${pings} PINGs, ${answered} requests`),
  ];
}

async function pingsOf(redis: RedisServer): Promise<number> {
  return Number(/^cmdstat_ping:calls=(\d+)/m.exec(await redis.cli('INFO', 'commandstats'))?.[1] ?? 0);
}
