export const TIMED_OUT = Symbol('timed out');

/**
 * What `work` resolves to, or {@link TIMED_OUT} after `timeoutMs` or on `signal`. `work` must not reject.
 *
 * When this process's own event loop was blocked, timers run before the sockets are read: the answer may be waiting
 * in the kernel. One turn of the loop is granted before the deadline counts, so that Redis is not blamed for it.
 */
export function within<T>(work: Promise<T>, timeoutMs: number, signal?: AbortSignal): Promise<T | typeof TIMED_OUT> {
  const { promise, resolve } = Promise.withResolvers<T | typeof TIMED_OUT>();
  const giveUp = () => resolve(TIMED_OUT);
  const timer = setTimeout(() => setImmediate(giveUp), Math.max(0, timeoutMs));
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp);
  void work.then(resolve);
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  });
}

/** Resolves after `delayMs`, or at once on `signal`. Does not keep the process alive. */
export function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const finish = () => resolve();
  const timer = setTimeout(finish, Math.max(0, delayMs)).unref();
  if (signal.aborted) finish();
  signal.addEventListener('abort', finish);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', finish);
  });
}
