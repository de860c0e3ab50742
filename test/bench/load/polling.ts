import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface PollOrder {
  readonly everyMs: number;
  readonly targets: readonly { readonly port: number; readonly request: string }[];
}

/** For each target: what was asked, and how long every answer took. */
export interface PollResult {
  readonly asked: number;
  readonly latenciesMs: readonly number[];
}

const POLLER = fileURLToPath(new URL('poller.ts', import.meta.url));

/** Asks the targets every few milliseconds, from another process, for as long as `during` takes. */
export async function pollDuring(order: PollOrder, during: () => Promise<void>): Promise<readonly PollResult[]> {
  const child = fork(POLLER);
  try {
    const polling = once(child, 'message');
    child.send(order);
    await polling;
    await during();
    const answered = once(child, 'message');
    child.send('stop');
    const [results] = (await answered) as [PollResult[]]; // from poller.ts
    return results;
  } finally {
    child.kill();
  }
}
