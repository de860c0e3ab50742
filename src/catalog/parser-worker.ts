import { parentPort, workerData } from 'node:worker_threads';
import { parseCatalog } from './document.ts';
import { type ParserMessage, PORTION } from './parser.ts';

/** Parses one catalog away from the main thread and hands it over in portions. */
function main(): void {
  const { text, file } = workerData as { text: string; file: string }; // from parser.ts
  const post = (message: ParserMessage): void => parentPort?.postMessage(message);
  const parsed = parseCatalog(text, file);
  if (!parsed.ok || parsed.catalog.services === undefined || typeof parsed.marks === 'number') {
    post({ type: 'whole', parsed });
    return;
  }
  const { services, ...catalog } = parsed.catalog;
  const marks = parsed.marks.in.services;
  const places = typeof marks === 'object' ? marks.in : {};
  const frameMarks = {
    at: parsed.marks.at,
    in: { ...parsed.marks.in, services: typeof marks === 'object' ? { at: marks.at, in: {} } : 0 },
  };
  const entries = Object.entries(services);
  let index = 0;
  parentPort?.on('message', () => {
    const portion = entries.slice(index, index + PORTION);
    index += PORTION;
    if (portion.length === 0) {
      post({ type: 'end' });
      parentPort?.close();
      return;
    }
    const portionMarks = portion.map(([name]) => [name, places[name]]);
    post({ type: 'services', values: Object.fromEntries(portion), marks: Object.fromEntries(portionMarks) });
  });
  post({ type: 'frame', parsed: { ok: true, catalog, marks: frameMarks } });
}

main();
