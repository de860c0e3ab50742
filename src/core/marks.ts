/**
 * Where things stand in a document, in the same shape as the document itself: a leaf is a packed position,
 * a mapping or sequence has its own and those of its entries. Plain data, so that it crosses threads.
 */
export type Marks = number | { readonly at: number; readonly in: Readonly<Record<string, Marks>> };

const COLUMNS = 4096;

/** Packs a position; line and column start at 1. */
export function packMark(line: number, column: number): number {
  return line * COLUMNS + Math.min(column, COLUMNS - 1);
}

export function unpackMark(packed: number): { line: number; column: number } {
  return { line: Math.floor(packed / COLUMNS), column: packed % COLUMNS };
}

/** The mark of an entry; that of the container where the entry has none. */
export function markIn(marks: Marks | undefined, key: string | number): Marks | undefined {
  if (marks === undefined || typeof marks === 'number') return marks;
  return Object.hasOwn(marks.in, key) ? marks.in[key] : marks.at;
}

/** Line and column of what stands at `path`, or of its nearest enclosing entry. */
export function locate(
  marks: Marks | undefined,
  path: readonly (string | number)[],
): { line: number; column: number } | null {
  let current = marks;
  for (const key of path) current = markIn(current, key);
  if (current === undefined) return null;
  return unpackMark(typeof current === 'number' ? current : current.at);
}
