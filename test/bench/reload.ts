import { setTimeout as pause } from 'node:timers/promises';
import { startBareHttp } from './baselines.ts';
import { BeaconFolder, fetchConfig } from './beacon.ts';
import type { BenchContext } from './context.ts';
import { type PollResult, pollDuring } from './load/polling.ts';
import { configRequest } from './requests.ts';
import { limitResult, type Result } from './results.ts';
import { median } from './rounds.ts';

const MANY = 10_000;
const POLL_EVERY_MS = 3;
/** Garbage of the activation is collected while this lasts. */
const AFTERWARDS_MS = 1000;
const RELOAD_TIMEOUT_MS = 30_000;
/** Default of BEACON_SETTLE_MS: for so long changed content has to stay the same before it is believed. */
const SETTLE_MS = 250;
const SLOW_MS = 50;

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
  const latenciesMs = own?.latenciesMs ?? [];
  const slow = latenciesMs.filter((ms) => ms > SLOW_MS).length;
  const detail = `${slow} of ${latenciesMs.length} slower; a server that does nothing else: ${slowest(bare).toFixed(0)} ms`;
  const reloadMs = median(activationsMs) - SETTLE_MS;
  return [
    limitResult('start with 10,000 services', 2000, startMs, 'ms', 'process start to first answer'),
    limitResult(
      'reload of 10,000 services',
      2000,
      reloadMs,
      'ms',
      'file written to active, but for the time to settle',
    ),
    limitResult('slowest answer during reloads', SLOW_MS, slowest(own), 'ms', detail),
  ];
}

function slowest(result: PollResult | undefined): number {
  return (result?.latenciesMs ?? []).reduce((worst, ms) => Math.max(worst, ms), 0);
}
