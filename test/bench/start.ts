import { setTimeout as pause } from 'node:timers/promises';
import { startBareFastify } from './baselines.ts';
import { BeaconFolder, fetchConfig } from './beacon.ts';
import type { BenchContext } from './context.ts';
import { limitResult, type Result } from './results.ts';
import { median } from './rounds.ts';
import type { ServerProcess } from './server-process.ts';

const MEBIBYTE = 1024 * 1024;
/** After that long a process has done what it does at start. */
const SETTLE_MS = 1000;

interface Start {
  /** From the start of the process to the first whole answer. */
  readonly firstAnswerMs: number;
  readonly residentBytes: number;
}

/** Process start to the first answer of `/config`, and resident memory, against a bare Fastify route. */
export async function measureStart({ redis, starts }: BenchContext): Promise<Result[]> {
  await using folder = await BeaconFolder.create({ redis, services: 10 });
  const bodyFile = await folder.write('body.json', await configBody(folder));
  const own: Start[] = [];
  const bare: Start[] = [];
  for (let count = 0; count < starts; count += 1) {
    own.push(await timeStart(() => folder.start()));
    bare.push(await timeStart(() => startBareFastify(bodyFile)));
  }
  const [time, memory] = [ratioOf('firstAnswerMs', own, bare), ratioOf('residentBytes', own, bare)];
  return [
    limitResult(
      'start to first answer : (b) fastify',
      1.3,
      time.ratio,
      '',
      `${time.own.toFixed(0)} : ${time.bare.toFixed(0)} ms`,
    ),
    limitResult(
      'resident memory : (b) fastify',
      1.3,
      memory.ratio,
      '',
      `${(memory.own / MEBIBYTE).toFixed(0)} : ${(memory.bare / MEBIBYTE).toFixed(0)} MiB`,
    ),
  ];
}

async function configBody(folder: BeaconFolder): Promise<string> {
  await using beacon = await folder.start();
  return (await fetchConfig(beacon.port)).body;
}

async function timeStart(start: () => Promise<ServerProcess>): Promise<Start> {
  const startedAt = performance.now();
  await using server = await start();
  await fetchConfig(server.port);
  const firstAnswerMs = performance.now() - startedAt;
  await pause(SETTLE_MS);
  return { firstAnswerMs, residentBytes: (await server.usage()).residentBytes };
}

function ratioOf(
  key: keyof Start,
  own: readonly Start[],
  bare: readonly Start[],
): { ratio: number; own: number; bare: number } {
  const ratios = own.map((start, index) => start[key] / (bare[index]?.[key] ?? Number.NaN));
  return {
    ratio: median(ratios),
    own: median(own.map((start) => start[key])),
    bare: median(bare.map((start) => start[key])),
  };
}
