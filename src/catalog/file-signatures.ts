import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Two changes within this time may leave the same times: some file systems count in seconds. */
const TIMES_TELL_MS = 2500;

/**
 * Equal as long as the files are what they were, to judge by their identity, size and times; a file that is missing
 * counts. Null when that cannot be told yet, because one of them has just changed.
 */
export async function signFiles(paths: readonly string[], nowMs = Date.now()): Promise<string | null> {
  const signatures = await Promise.all(paths.map((path) => signFile(path, nowMs)));
  return signatures.every((signature) => signature !== null) ? signatures.join('\n') : null;
}

async function signFile(path: string, nowMs: number): Promise<string | null> {
  let stats: BigIntStats;
  try {
    stats = await stat(path, { bigint: true });
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${error.code}` : 'unreadable';
  }
  const { dev, ino, mode, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = stats;
  const changedMs = Math.max(Number(mtimeMs), Number(ctimeMs));
  if (changedMs > nowMs - TIMES_TELL_MS) return null;
  return [dev, ino, mode, size, mtimeNs, ctimeNs].join(' ');
}
