import type { Load, LoadOrder, Sample } from './load/load.ts';
import type { ServerProcess } from './server-process.ts';

export interface Plan {
  readonly rounds: number;
  readonly roundMs: number;
  readonly connections: number;
}

/** Something that is put under load. */
export interface Contender {
  readonly name: string;
  readonly server: ServerProcess;
  readonly requests: readonly string[];
  readonly status: number;
}

/** All samples of the contenders, by name, in the order of the rounds. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/**
 * Puts every contender under load once a round, in an order that rotates. What disturbs the machine disturbs
 * neighbours alike, which is why only ratios within a round are compared.
 */
export async function runRounds(load: Load, contenders: readonly Contender[], plan: Plan): Promise<Samples> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  const order = { connections: plan.connections, durationMs: plan.roundMs };
  for (const contender of contenders) await load.put(contender.server, orderOf(contender, order)); // warm up
  for (let round = 0; round < plan.rounds; round += 1) {
    for (let place = 0; place < contenders.length; place += 1) {
      const contender = contenders[(round + place) % contenders.length];
      if (contender === undefined) continue;
      samples.get(contender.name)?.push(await load.put(contender.server, orderOf(contender, order)));
    }
  }
  return samples;
}

function orderOf(
  { requests, status }: Contender,
  order: Pick<LoadOrder, 'connections' | 'durationMs'>,
): Omit<LoadOrder, 'port'> {
  return { ...order, requests, status };
}

/** How many times as good as the baseline, by the median of the ratios within the rounds. */
export interface Comparison {
  readonly throughput: number;
  /** By processor time a request: what the ratio would be if nothing but the server mattered. */
  readonly processor: number;
}

export function compare(samples: Samples, name: string, baseline: string): Comparison {
  const own = samples.get(name) ?? [];
  const other = samples.get(baseline) ?? [];
  const pairs = own.flatMap((sample, round) => {
    const base = other[round];
    return base === undefined ? [] : [{ sample, base }];
  });
  return {
    throughput: median(pairs.map(({ sample, base }) => sample.requestsPerSecond / base.requestsPerSecond)),
    processor: median(
      pairs.map(({ sample, base }) => base.serverMicrosecondsPerRequest / sample.serverMicrosecondsPerRequest),
    ),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Medians, a line each. */
export function describe(samples: Samples): string {
  const lines = [...samples].map(([name, all]) => {
    const of = (key: keyof Sample): number => median(all.map((sample) => sample[key]));
    const busy = `server ${of('serverBusy').toFixed(2)} busy`;
    const speed = `${of('requestsPerSecond').toFixed(0).padStart(6)}/s`;
    return `  ${name.padEnd(16)} ${speed}  ${of('serverMicrosecondsPerRequest').toFixed(1)} us a request  ${busy}`;
  });
  return lines.join('\n');
}
