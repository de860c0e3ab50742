import { Worker } from 'node:worker_threads';
import type { Marks } from '../core/marks.ts';
import { type ParsedCatalog, parseCatalog } from './document.ts';
import type { ParseCatalog } from './sources.ts';

/** Below this a catalog is parsed in about a millisecond, for which no thread is worth starting. */
const INLINE_BYTES_MAX = 32 * 1024;

/** Entries of a large catalog arrive in portions of this size, so that receiving them stops nobody. */
export const PORTION = 200;

/** What grows with the number of services. */
const LARGE_PARTS = [['services'], ['access', 'callers']] as const;

/** What the worker sends: the catalog without its large parts, then these in portions, each when it is asked for. */
export type ParserMessage =
  | { readonly type: 'frame'; readonly parsed: ParsedCatalog }
  | { readonly type: 'portion'; readonly part: number; readonly entries: readonly PartEntry[] }
  | { readonly type: 'end' };

export type PartEntry = readonly [name: string, value: unknown, marks: Marks | undefined];

/** A large part of a catalog that is not in use yet: what it holds, and where that stands. */
interface LargePart {
  readonly values: Record<string, unknown>;
  readonly marks: Record<string, Marks>;
}

/** The large parts of a catalog, null for those that it does not have. */
export function largePartsOf(parsed: ParsedCatalog): (LargePart | null)[] {
  if (!parsed.ok) return [];
  return LARGE_PARTS.map((path) => {
    let values: unknown = parsed.catalog;
    let marks: Marks | undefined = parsed.marks;
    for (const key of path) {
      values = typeof values === 'object' && values !== null ? Reflect.get(values, key) : undefined;
      marks = typeof marks === 'object' ? marks.in[key] : undefined;
    }
    if (typeof values !== 'object' || typeof marks !== 'object') return null;
    return { values, marks: marks.in } as LargePart; // as the schema says; whoever parses may still write
  });
}

/**
 * A parser that remembers its last result (polling reads the same text again and again) and gives large texts to a
 * thread once the service is running: parsing takes some 100 ms per 10,000 services, and no request may wait for it.
 */
export function createParser(worker: URL): { parse: ParseCatalog; serveRequests(): void } {
  let last: { readonly text: string; readonly file: string; readonly parsed: ParsedCatalog } | null = null;
  let threaded = false;
  return {
    serveRequests: () => {
      threaded = true;
    },
    parse: async (text, file) => {
      if (last?.text === text && last.file === file) return last.parsed;
      const inline = !threaded || text.length <= INLINE_BYTES_MAX;
      const parsed = inline ? parseCatalog(text, file) : await parseInThread(worker, text, file);
      last = { text, file, parsed };
      return parsed;
    },
  };
}

function parseInThread(url: URL, text: string, file: string): Promise<ParsedCatalog> {
  const worker = new Worker(url, { workerData: { text, file }, env: {}, stdin: false });
  let frame: ParsedCatalog | null = null;
  let parts: (LargePart | null)[] = [];
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the parser thread ended without a result')));
    worker.on('message', (message: ParserMessage) => {
      if (message.type === 'end') {
        if (frame !== null) resolve(frame);
        return;
      }
      if (message.type === 'frame') {
        frame = message.parsed;
        parts = largePartsOf(frame);
      } else putBack(message.entries, parts[message.part] ?? null);
      // portions that wait together would arrive in one go: requests come first, then the next portion
      setImmediate(() => worker.postMessage('next'));
    });
  });
}

function putBack(entries: readonly PartEntry[], part: LargePart | null): void {
  if (part === null) return;
  for (const [name, value, marks] of entries) {
    part.values[name] = value;
    if (marks !== undefined) part.marks[name] = marks;
  }
}
