import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type ParsedCatalog, parseCatalog } from './document.ts';
import type { ParseCatalog } from './sources.ts';

/** Below this a catalog is parsed in about a millisecond, for which no thread is worth starting. */
const INLINE_BYTES_MAX = 32 * 1024;

/** Entries of a large catalog arrive in portions of this size, so that receiving them stops nobody. */
export const PORTION = 200;

/** What the worker sends: the catalog without its services, then these in portions, each when it is asked for. */
export type ParserMessage =
  | { readonly type: 'whole'; readonly parsed: ParsedCatalog }
  | { readonly type: 'frame'; readonly parsed: ParsedCatalog }
  | { readonly type: 'services'; readonly values: Record<string, unknown>; readonly marks: Record<string, unknown> }
  | { readonly type: 'end' };

/**
 * A parser that remembers its last result (polling reads the same text again and again) and gives large texts to a
 * thread once the service is running: parsing takes some 100 ms per 10,000 services, and no request may wait for it.
 */
export function createParser(worker: URL): { parse: ParseCatalog; serveRequests(): void } {
  let last: { readonly key: string; readonly parsed: ParsedCatalog } | null = null;
  let threaded = false;
  return {
    serveRequests: () => {
      threaded = true;
    },
    parse: async (text, file) => {
      const key = `${file} ${createHash('sha256').update(text).digest('base64')}`;
      if (last?.key === key) return last.parsed;
      const inline = !threaded || text.length <= INLINE_BYTES_MAX;
      const parsed = inline ? parseCatalog(text, file) : await parseInThread(worker, text, file);
      last = { key, parsed };
      return parsed;
    },
  };
}

function parseInThread(url: URL, text: string, file: string): Promise<ParsedCatalog> {
  const worker = new Worker(url, { workerData: { text, file }, env: {}, stdin: false });
  const services: Record<string, unknown> = {};
  const marks: Record<string, unknown> = {};
  let frame: ParsedCatalog | null = null;
  // portions that wait together would arrive in one go: requests come first, then the next portion
  const askForMore = (): void => void setImmediate(() => worker.postMessage('next'));
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the parser thread ended without a result')));
    worker.on('message', (message: ParserMessage) => {
      if (message.type === 'whole') resolve(message.parsed);
      else if (message.type === 'end' && frame !== null) resolve(assemble(frame, services, marks));
      else if (message.type === 'frame') frame = message.parsed;
      else if (message.type === 'services') {
        Object.assign(services, message.values);
        Object.assign(marks, message.marks);
      }
      if (message.type === 'frame' || message.type === 'services') askForMore();
    });
  });
}

function assemble(
  frame: ParsedCatalog,
  services: Record<string, unknown>,
  marks: Record<string, unknown>,
): ParsedCatalog {
  if (!frame.ok || typeof frame.marks === 'number') return frame;
  const own = frame.marks.in.services;
  const serviceMarks = typeof own === 'object' ? { at: own.at, in: marks } : own;
  // the worker took these two apart, so they have their types by construction
  const catalog = { ...frame.catalog, services } as typeof frame.catalog;
  return {
    ok: true,
    catalog,
    marks: { at: frame.marks.at, in: { ...frame.marks.in, services: serviceMarks } as typeof frame.marks.in },
  };
}
