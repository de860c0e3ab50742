import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Secret } from '../core/secret.ts';
import type { ReadingProblem, SecretReading } from '../core/secret-reading.ts';

export const SECRET_BYTES_MAX = 1024 * 1024;

/**
 * Reads `{ file: PATH }`: a regular file (symlinks followed, as Docker and Kubernetes mount secrets), UTF-8, at most
 * 1 MiB, one trailing line break removed. Opened without blocking: a FIFO or device would stall the thread pool.
 */
export async function readSecretFile(path: string, readAt: string): Promise<SecretReading> {
  const bytes = await readRegularFile(path, SECRET_BYTES_MAX);
  if (!bytes.ok) return bytes;
  const text = decode(bytes.content);
  if (text === null) return { ok: false, problem: 'not-text' };
  const value = text.replace(/\r?\n$/, '');
  if (value === '') return { ok: false, problem: 'empty' };
  return { ok: true, secret: new Secret(value), readAt };
}

export type FileContent =
  | { readonly ok: true; readonly content: Buffer }
  | { readonly ok: false; readonly problem: ReadingProblem };

/** Reads a regular file of bounded size. */
export async function readRegularFile(path: string, bytesMax: number): Promise<FileContent> {
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { ok: false, problem: isMissing(error) ? 'missing' : 'unreadable' };
  }
  try {
    return await readHandle(handle, bytesMax);
  } catch {
    return { ok: false, problem: 'unreadable' };
  } finally {
    await handle.close();
  }
}

async function readHandle(handle: FileHandle, bytesMax: number): Promise<FileContent> {
  const stat = await handle.stat();
  if (!stat.isFile()) return { ok: false, problem: 'not-a-file' };
  if (stat.size > bytesMax) return { ok: false, problem: 'too-large' };
  const buffer = Buffer.alloc(bytesMax < stat.size + 1 ? bytesMax + 1 : stat.size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return { ok: true, content: buffer.subarray(0, Math.min(length, stat.size)) };
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function decode(content: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return null;
  }
}
