import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { startBenchRedis } from './beacon.ts';
import { measureConfig } from './config.ts';
import type { BenchContext } from './context.ts';
import { measureHealth } from './health.ts';
import { Load } from './load/load.ts';
import { prepareScripts } from './prepared-scripts.ts';
import { measureReload } from './reload.ts';
import { printTable, type Result } from './results.ts';
import { measureScale } from './scale.ts';
import { measureStart } from './start.ts';

/**
 * `npm run bench`: the release build against what it must measure up to, side by side. `-- --quick` for a glance,
 * `-- --only config,start` for some of it. Ends with 1 when a goal is missed.
 */
const MEASUREMENTS: Readonly<Record<string, (context: BenchContext) => Promise<Result[]>>> = {
  config: measureConfig,
  health: measureHealth,
  scale: measureScale,
  reload: measureReload,
  start: measureStart,
};

const CONNECTIONS = 64;
const THOROUGH = { plan: { rounds: 9, roundMs: 1500, connections: CONNECTIONS }, starts: 9, reloads: 5 };
const QUICK = { plan: { rounds: 3, roundMs: 700, connections: CONNECTIONS }, starts: 3, reloads: 1 };

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' } } });
const wanted = values.only?.split(',') ?? Object.keys(MEASUREMENTS);

console.log(`Node ${process.version}, ${availableParallelism()} processors, ${cpus()[0]?.model ?? 'unknown'}`);
await prepareScripts();
await using redis = await startBenchRedis();
using load = new Load();
const results: Result[] = [];
for (const name of wanted) {
  const measure = MEASUREMENTS[name];
  if (measure === undefined) throw new Error(`Measurements: ${Object.keys(MEASUREMENTS).join(', ')}.`);
  console.log(`\n${name}`);
  results.push(...(await measure({ redis, load, ...(values.quick ? QUICK : THOROUGH) })));
}
printTable(results);
if (results.some(({ isMet }) => isMet === false)) process.exitCode = 1;
