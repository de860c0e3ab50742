import { connect, type Socket } from 'node:net';
import type { PollOrder, PollResult } from './polling.ts';

/**
 * Asks several servers every few milliseconds, each time on a connection that waits for nothing, and notes how long
 * each answer took. A process of its own: what stops the measured server does not stop the clock.
 */
const CONNECTIONS = 100;

/** Connections to one server; the time of what was asked on each. */
class Polled {
  readonly #request: string;
  readonly #idle: Socket[];
  readonly latenciesMs: number[] = [];
  asked = 0;

  private constructor(request: string, sockets: Socket[]) {
    this.#request = request;
    this.#idle = sockets;
  }

  static async connect({ port, request }: PollOrder['targets'][number]): Promise<Polled> {
    const opening = Array.from({ length: CONNECTIONS }, () => openSocket(port));
    return new Polled(request, await Promise.all(opening));
  }

  /** Without an idle connection nothing is asked: then a hundred answers are overdue, and these tell. */
  ask(): void {
    const socket = this.#idle.shift();
    if (socket === undefined) return;
    const askedAt = performance.now();
    this.asked += 1;
    socket.once('data', () => {
      this.latenciesMs.push(performance.now() - askedAt);
      this.#idle.push(socket);
    });
    socket.write(this.#request);
  }
}

function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

async function poll({ everyMs, targets }: PollOrder): Promise<void> {
  const polled = await Promise.all(targets.map((target) => Polled.connect(target)));
  const timer = setInterval(() => {
    for (const each of polled) each.ask();
  }, everyMs);
  process.send?.('polling');
  process.once('message', () => {
    clearInterval(timer);
    const results = polled.map(({ asked, latenciesMs }) => ({ asked, latenciesMs }));
    process.send?.(results satisfies PollResult[]);
  });
}

process.once('message', (order: PollOrder) => void poll(order));
process.once('disconnect', () => process.exit());
