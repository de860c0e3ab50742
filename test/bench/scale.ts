import { startBareHttp } from './baselines.ts';
import { BeaconFolder, fetchConfig } from './beacon.ts';
import type { BenchContext } from './context.ts';
import { configRequest } from './requests.ts';
import { type Result, ratioResult } from './results.ts';
import { type Contender, compare, describe, runRounds } from './rounds.ts';

const FEW = 10;
const MANY = 10_000;
/** Prime to the number of services: over time every service is asked for. */
const STEP = 7;

/**
 * `GET /config/:service` with ten thousand services in the catalog against ten: the same ten are asked for. For
 * orientation also all ten thousand in turn, which no cache of a processor holds, beside a bare server of prepared
 * buffers.
 */
export async function measureScale({ redis, load, plan }: BenchContext): Promise<Result[]> {
  await using fewFolder = await BeaconFolder.create({ redis, services: FEW });
  await using manyFolder = await BeaconFolder.create({ redis, services: MANY });
  await using few = await fewFolder.start();
  await using many = await manyFolder.start();
  const bodyBytes = Buffer.byteLength((await fetchConfig(few.port)).body);
  await using bareFew = await startBareHttp(bodyBytes, FEW);
  await using bareMany = await startBareHttp(bodyBytes, MANY);
  const contenders: Omit<Contender, 'status'>[] = [
    { name: '10 of 10', server: few, requests: requestsFor(FEW) },
    { name: '10 of 10,000', server: many, requests: requestsFor(FEW) },
    { name: '10,000 in turn', server: many, requests: requestsFor(MANY) },
    { name: 'bare, 10', server: bareFew, requests: requestsFor(FEW) },
    { name: 'bare, 10,000', server: bareMany, requests: requestsFor(MANY) },
  ];
  const samples = await runRounds(
    load,
    contenders.map((contender) => ({ ...contender, status: 200 })),
    plan,
  );
  console.log(describe(samples));
  const memory = await Promise.all([few.usage(), many.usage()]);
  const [fewMiB, manyMiB] = memory.map(({ residentBytes }) => Math.round(residentBytes / 1024 / 1024));
  console.log(`  resident: ${fewMiB} MiB with 10 services, ${manyMiB} MiB with 10,000`);
  return [
    ratioResult('10,000 services : 10 services', 0.95, compare(samples, '10 of 10,000', '10 of 10')),
    ratioResult('for orientation: all in turn : 10', null, compare(samples, '10,000 in turn', '10 of 10')),
    ratioResult('for orientation: the same, node:http', null, compare(samples, 'bare, 10,000', 'bare, 10')),
  ];
}

function requestsFor(services: number): string[] {
  return Array.from({ length: services }, (_, index) => configRequest((index * STEP) % services));
}
