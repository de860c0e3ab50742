import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { encodeCommand, type Reply, ReplyReader } from '../resp.ts';
import type { Budget } from './budget.ts';
import { errorCodeOf } from './dial.ts';

/** What came over the wire in a while. `bytes` counts what was received but makes no whole reply. */
export type Heard =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'garbage' }
  | { readonly kind: 'closed'; readonly bytes: number }
  | { readonly kind: 'silent'; readonly bytes: number };

/** A bare connection that speaks RESP, plain or encrypted. */
export class Wire {
  readonly #socket: Duplex;
  readonly #budget: Budget;
  readonly #reader = new ReplyReader();
  #changed = Promise.withResolvers<void>();
  #isClosed = false;
  #errorCode: string | null = null;

  constructor(socket: Duplex, budget: Budget) {
    this.#socket = socket;
    this.#budget = budget;
    this.#isClosed = socket.destroyed;
    socket.on('data', (chunk: Buffer) => this.#change(() => this.#receive(chunk)));
    socket.on('error', (error) => this.#change(() => this.#setError(error)));
    for (const event of ['end', 'close']) socket.on(event, () => this.#change(() => this.#setClosed()));
  }

  /** Code of the error that ended the connection, null without one. */
  get errorCode(): string | null {
    return this.#errorCode;
  }

  send(...args: readonly string[]): void {
    if (this.#socket.writable) this.#socket.write(encodeCommand(args));
  }

  /** Waits until the connection has ended, at most so long. What is received meanwhile stays for {@link hear}. */
  async untilClosed(ownMs: number): Promise<void> {
    await this.#until(() => this.#isClosed, ownMs);
  }

  /** The next reply, or why there is none within the time. */
  async hear(ownMs: number): Promise<Heard> {
    let heard = this.#take();
    await this.#until(() => {
      heard ??= this.#take();
      return heard !== null;
    }, ownMs);
    return heard ?? { kind: 'silent', bytes: this.#reader.unreadBytes };
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(): Heard | null {
    let reading = this.#reader.next();
    while (reading.kind === 'reply' && reading.reply.type === 'push') reading = this.#reader.next();
    if (reading.kind === 'reply') return reading;
    if (reading.kind === 'invalid') return { kind: 'garbage' };
    return this.#isClosed ? { kind: 'closed', bytes: this.#reader.unreadBytes } : null;
  }

  #receive(chunk: Buffer): void {
    this.#reader.push(chunk);
    // An endless talker must not keep the event loop busy.
    if (this.#reader.isInvalid) this.destroy();
  }

  async #until(condition: () => boolean, ownMs: number): Promise<void> {
    const endsAt = performance.now() + this.#budget.cap(ownMs);
    while (!condition()) {
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) return;
      await this.#budget.within(this.#changed.promise, leftMs);
    }
  }

  #change(apply: () => void): void {
    apply();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #setError(error: Error): void {
    this.#errorCode ??= errorCodeOf(error);
    this.#setClosed();
  }

  #setClosed(): void {
    this.#isClosed = true;
  }
}
