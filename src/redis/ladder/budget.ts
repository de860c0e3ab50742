import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';

/** Kept back from every wait, so that the verdict still arrives within the deadline. */
const RESERVE_MS = 20;

/** The time and the sockets of one climb: whatever happens, both end with it. Times are milliseconds. */
export class Budget implements Disposable {
  readonly #endsAt: number;
  readonly #sockets = new Set<Duplex>();
  readonly #waits = new Set<() => void>();
  #isClosed = false;

  constructor(deadlineMs: number) {
    this.#endsAt = performance.now() + deadlineMs;
  }

  remainingMs(): number {
    return this.#isClosed ? 0 : Math.max(0, this.#endsAt - performance.now() - RESERVE_MS);
  }

  /** At most `ownMs`, and at most this share of what remains. */
  cap(ownMs: number, share = 1): number {
    return Math.min(ownMs, this.remainingMs() * share);
  }

  /** What the promise gives, or null when it is too late. The promise itself goes on and must not reject. */
  async within<T>(promise: Promise<T>, ownMs: number): Promise<T | null> {
    const { promise: end, resolve } = Promise.withResolvers<null>();
    const giveUp = () => resolve(null);
    const timer = setTimeout(giveUp, this.cap(ownMs));
    this.#waits.add(giveUp);
    try {
      return await Promise.race([promise, end]);
    } finally {
      clearTimeout(timer);
      this.#waits.delete(giveUp);
    }
  }

  /** Sees to it that the socket is destroyed in the end, and that its late errors go nowhere. */
  track<T extends Duplex>(socket: T): T {
    socket.on('error', () => {});
    if (this.#isClosed) socket.destroy();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  /** The outer socket takes over the inner one, with the duty to end it. */
  wrap<T extends Duplex>(inner: Duplex, outer: T): T {
    this.#sockets.delete(inner);
    return this.track(outer);
  }

  /** Destroys all sockets and ends all waits. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
    for (const giveUp of this.#waits) giveUp();
  }
}
