import { parentPort, workerData } from 'node:worker_threads';
import { parseCatalog } from './document.ts';
import { largePartsOf, type ParserMessage, type PartEntry, PORTION } from './parser.ts';

/** Parses one catalog away from the main thread and hands it over in portions. */
function main(): void {
  const { text, file } = workerData as { text: string; file: string }; // from parser.ts
  const post = (message: ParserMessage): void => parentPort?.postMessage(message);
  const parsed = parseCatalog(text, file);
  const portions = largePartsOf(parsed).flatMap((part, index) => {
    const entries = part === null ? [] : takeOut(part);
    const starts = Array.from({ length: Math.ceil(entries.length / PORTION) }, (_, portion) => portion * PORTION);
    return starts.map((start) => ({ part: index, entries: entries.slice(start, start + PORTION) }));
  });
  parentPort?.on('message', () => {
    const portion = portions.shift();
    if (portion !== undefined) return post({ type: 'portion', ...portion });
    post({ type: 'end' });
    parentPort?.close();
  });
  post({ type: 'frame', parsed });
}

/** Empties a part and returns what it held. */
function takeOut({ values, marks }: NonNullable<ReturnType<typeof largePartsOf>[number]>): PartEntry[] {
  const entries = Object.entries(values).map(([name, value]): PartEntry => [name, value, marks[name]]);
  for (const [name] of entries) {
    delete values[name];
    delete marks[name];
  }
  return entries;
}

main();
