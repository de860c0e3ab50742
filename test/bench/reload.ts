import { setTimeout as pause } from 'node:timers/promises';
import { startBareHttp } from './baselines.ts';
import { BeaconFolder, fetchConfig } from './beacon.ts';
import type { BenchContext } from './context.ts';
import { pollDuring } from './load/polling.ts';
import { configRequest } from './requests.ts';
import { limitResult, type Result } from './results.ts';
import { median } from './rounds.ts';

const MANY = 10_000;
const POLL_EVERY_MS = 3;
/** Garbage of the activation is collected while this lasts. */
const AFTERWARDS_MS = 1000;
const RELOAD_TIMEOUT_MS = 30_000;

/**
 * A catalog of ten thousand services, at start and when every one of them changes. Meanwhile another process asks
 * every few milliseconds; a server that has nothing else to do is asked alike and shows what the machine adds.
 */
export async function measureReload({ redis, reloads }: BenchContext): Promise<Result[]> {
  await using folder = await BeaconFolder.create({ redis, services: MANY });
  const startedAt = performance.now();
  await using beacon = await folder.start();
  const { body } = await fetchConfig(beacon.port);
  const startMs = performance.now() - startedAt;
  await using bareHttp = await startBareHttp(Buffer.byteLength(body));
  const activationsMs: number[] = [];
  const targets = [beacon, bareHttp].map(({ port }) => ({ port, request: configRequest(0) }));
  const [own, bare] = await pollDuring({ everyMs: POLL_EVERY_MS, targets }, async () => {
    for (let count = 0; count < reloads; count += 1) {
      const { revision } = await fetchConfig(beacon.port);
      const writtenAt = performance.now();
      await folder.writeCatalog({ poolMax: 11 + count });
      await beacon.until((line) => line.revision === revision + 1, RELOAD_TIMEOUT_MS);
      activationsMs.push(performance.now() - writtenAt);
      await pause(AFTERWARDS_MS);
    }
  });
  const ownWorst = slowest(own?.latenciesMs ?? []);
  const detail = `${own?.asked} requests; ${percentile(own?.latenciesMs ?? [], 0.999).toFixed(0)} ms for 99.9 %; a server that does nothing else: ${slowest(bare?.latenciesMs ?? []).toFixed(0)} ms`;
  return [
    limitResult('start with 10,000 services', 2000, startMs, 'ms', 'process start to first answer'),
    limitResult(
      'reload of 10,000 services',
      2000,
      median(activationsMs),
      'ms',
      'file written to active, 750 ms of it polling',
    ),
    limitResult('slowest answer during reloads', 50, ownWorst, 'ms', detail),
  ];
}

function slowest(values: readonly number[]): number {
  return values.reduce((worst, value) => Math.max(worst, value), 0);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
