import { startBareFastify, startBareHttp } from './baselines.ts';
import { BeaconFolder, fetchConfig } from './beacon.ts';
import type { BenchContext } from './context.ts';
import { configRequest } from './requests.ts';
import { type Result, ratioResult } from './results.ts';
import { type Contender, compare, describe, runRounds } from './rounds.ts';

/** `GET /config/:service` and its 304 against a prepared buffer, with a bare Fastify route for orientation. */
export async function measureConfig({ redis, load, plan }: BenchContext): Promise<Result[]> {
  await using folder = await BeaconFolder.create({ redis, services: 10 });
  await using beacon = await folder.start();
  const { body, etag } = await fetchConfig(beacon.port);
  await using bareHttp = await startBareHttp(Buffer.byteLength(body));
  await using bareFastify = await startBareFastify(await folder.write('body.json', body));
  const requests = [configRequest(0)];
  const contenders: Contender[] = [
    { name: 'node:http', server: bareHttp, requests, status: 200 },
    { name: 'config', server: beacon, requests, status: 200 },
    { name: '304', server: beacon, requests: [configRequest(0, { 'if-none-match': etag })], status: 304 },
    { name: 'fastify', server: bareFastify, requests, status: 200 },
  ];
  const samples = await runRounds(load, contenders, plan);
  console.log(describe(samples));
  return [
    ratioResult('/config/:service : (a) node:http', 0.9, compare(samples, 'config', 'node:http')),
    ratioResult('/config/:service, 304 : (a) node:http', 1, compare(samples, '304', 'node:http')),
    ratioResult('for orientation: (b) fastify : (a) node:http', null, compare(samples, 'fastify', 'node:http')),
  ];
}
