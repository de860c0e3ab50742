import { BeaconFolder } from './beacon.ts';
import type { BenchContext } from './context.ts';
import { configRequest } from './requests.ts';
import { type Result, ratioResult } from './results.ts';
import { compare, describe, runRounds } from './rounds.ts';

const MANY = 10_000;
/** Prime to the number of services: over time every service is asked for. */
const STEP = 7;

/** `GET /config/:service` of ten thousand services, asked for in turn, against ten. */
export async function measureScale({ redis, load, plan }: BenchContext): Promise<Result[]> {
  await using fewFolder = await BeaconFolder.create({ redis, services: 10 });
  await using manyFolder = await BeaconFolder.create({ redis, services: MANY });
  await using few = await fewFolder.start();
  await using many = await manyFolder.start();
  const samples = await runRounds(
    load,
    [
      { name: '10 services', server: few, requests: requestsFor(10), status: 200 },
      { name: '10,000 services', server: many, requests: requestsFor(MANY), status: 200 },
    ],
    plan,
  );
  console.log(describe(samples));
  const memory = await Promise.all([few.usage(), many.usage()]);
  const [fewMiB, manyMiB] = memory.map(({ residentBytes }) => Math.round(residentBytes / 1024 / 1024));
  console.log(`  resident: ${fewMiB} MiB with 10 services, ${manyMiB} MiB with 10,000`);
  return [ratioResult('10,000 services : 10 services', 0.95, compare(samples, '10,000 services', '10 services'))];
}

function requestsFor(services: number): string[] {
  return Array.from({ length: services }, (_, index) => configRequest((index * STEP) % services));
}
