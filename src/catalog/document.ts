import {
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  load,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';
import { describeIssues } from '../core/catalog-problems.ts';
import { type Catalog, catalogSchema } from '../core/catalog-schema.ts';
import type { Finding, FindingCode } from '../core/finding.ts';
import { type Marks, packMark, unpackMark } from '../core/marks.ts';

export const CATALOG_BYTES_MAX = 8 * 1024 * 1024;
const DEPTH_MAX = 20;

export type ParsedCatalog =
  | { readonly ok: true; readonly catalog: Catalog; readonly marks: Marks }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Reads and validates a catalog, YAML 1.2 or JSON (which is YAML). Aliases, merge keys and tags are refused: they
 * hide where a value stands. Depth and size are bounded; no finding repeats the source.
 */
export function parseCatalog(text: string, file: string): ParsedCatalog {
  if (Buffer.byteLength(text) > CATALOG_BYTES_MAX)
    return refuse(
      file,
      'CATALOG_TOO_LARGE',
      'The catalog is larger than 8 MiB.',
      'Split it, or remove what nobody uses.',
    );
  let value: unknown;
  let marks: Marks;
  try {
    const events = parseEvents(text, { maxDepth: DEPTH_MAX });
    const refused = refuseEvents(events, text, file);
    if (refused !== null) return refused;
    value = constructFromEvents(events, { source: text, maxAliases: 0 })[0];
    const renamed: number[] = [];
    marks = markEvents(events, text, renamed);
    if (renamed[0] !== undefined) return refuseKey(file, renamed[0]);
  } catch (error) {
    return describeSyntaxError(error, file);
  }
  const result = catalogSchema.safeParse(value);
  if (result.success) return { ok: true, catalog: result.data, marks };
  return { ok: false, findings: describeIssues(result.error.issues, value, marks, file) };
}

function refuse(
  file: string,
  code: FindingCode,
  message: string,
  fix: string,
  place: { line: number; column: number } | null = null,
): ParsedCatalog {
  return {
    ok: false,
    findings: [{ code, severity: 'error', path: '', origin: { layer: 'catalog-base', file, ...place }, message, fix }],
  };
}

function refuseEvents(events: readonly Event[], text: string, file: string): ParsedCatalog | null {
  if (events.filter((event) => event.type === EVENT_ID.DOCUMENT).length > 1)
    return refuse(
      file,
      'CATALOG_SYNTAX',
      'The file holds more than one document.',
      'Keep one document; remove the other `---`.',
    );
  if (!events.some((event) => event.type === EVENT_ID.MAPPING))
    return refuse(file, 'CATALOG_EMPTY', 'The catalog holds no settings.', 'Begin it with `version: 1`.');
  const lineOf = lineFinder(text);
  for (const event of events) {
    if (event.type === EVENT_ID.ALIAS)
      return refuse(
        file,
        'CATALOG_ALIAS',
        'Aliases are not supported.',
        'Write the values out, or use `defaults`.',
        lineOf(event.anchorStart),
      );
    if ('tagStart' in event && event.tagStart >= 0)
      return refuse(
        file,
        'CATALOG_TAG',
        'Tags are not supported.',
        'Remove the tag; quote the value to make it a string.',
        lineOf(event.tagStart),
      );
  }
  return null;
}

/** `007:` would become the name 7, `1e3:` 1000 and `~:` null, without a word. */
function refuseKey(file: string, mark: number): ParsedCatalog {
  const message = 'YAML reads this key as a number or null and would change its name.';
  return refuse(file, 'CATALOG_KEY_NOT_STRING', message, 'Quote this key.', unpackMark(mark));
}

function isRenamed(key: string): boolean {
  return /^[-+.~\d]/.test(key) && String(load(key)) !== key;
}

/** What the parser complains about most, in our words: its own text may quote the source. */
const SYNTAX_WORDS: ReadonlyMap<string, readonly [message: string, fix: string]> = new Map([
  ['duplicated mapping key', ['A key stands twice in one mapping.', 'Remove or rename one of them.']],
  ['bad indentation of a mapping entry', ['The indentation does not fit.', 'Indent the entry like its neighbours.']],
  ['bad indentation of a sequence entry', ['The indentation does not fit.', 'Indent the entry like its neighbours.']],
  ['tab characters must not be used in indentation', ['A tab is used to indent.', 'Indent with blanks.']],
]);

function describeSyntaxError(error: unknown, file: string): ParsedCatalog {
  if (!(error instanceof YAMLException)) throw error;
  const place = error.mark === undefined ? null : { line: error.mark.line + 1, column: error.mark.column + 1 };
  const [message, fix] = SYNTAX_WORDS.get(error.reason) ?? [
    'The file is not valid YAML or JSON.',
    'Look at this place and just before it: indentation, quotes, brackets, colons.',
  ];
  return refuse(file, 'CATALOG_SYNTAX', message, fix, place);
}

/** Turns ascending offsets into positions. */
function lineFinder(text: string): (offset: number) => { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  let next = text.indexOf('\n'); // kept: a search for every offset would be quadratic where a line is long
  return (offset) => {
    while (next >= 0 && next < offset) {
      line += 1;
      lineStart = next + 1;
      next = text.indexOf('\n', lineStart);
    }
    return { line, column: Math.max(1, offset - lineStart + 1) };
  };
}

interface Frame {
  readonly at: number;
  readonly in: Record<string, Marks>;
  readonly isMapping: boolean;
  key: string | null;
  keyAt: number;
  index: number;
}

function openFrame(at: number, isMapping: boolean): Frame {
  return { at, in: {}, isMapping, key: null, keyAt: at, index: 0 };
}

/**
 * One pass over the flat events: the position of each mapping, sequence and scalar, shaped like the document.
 * Places of keys that YAML does not leave as they are written go to `renamed`.
 */
function markEvents(events: readonly Event[], text: string, renamed: number[]): Marks {
  const lineOf = lineFinder(text);
  const root = openFrame(packMark(1, 1), false);
  const stack = [root];
  for (const event of events) {
    const top = stack.at(-1) ?? root;
    if (event.type === EVENT_ID.SCALAR) markScalar(top, event, text, lineOf, renamed);
    else if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) {
      const frame = openFrame(packOffset(event.start, lineOf), event.type === EVENT_ID.MAPPING);
      place(top, frame);
      stack.push(frame);
    } else if (event.type === EVENT_ID.POP && stack.length > 1) stack.pop();
  }
  return root.in['0'] ?? root.at;
}

function markScalar(
  top: Frame,
  event: ScalarEvent,
  text: string,
  lineOf: ReturnType<typeof lineFinder>,
  renamed: number[],
): void {
  const isKey = top.isMapping && top.key === null;
  // where nothing stands behind a key, or a block begins on the next line, its own place is the better one
  const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
  const mark = event.valueStart < 0 || isBlock ? top.keyAt : packOffset(startOf(event), lineOf);
  if (!isKey) place(top, mark);
  else {
    top.key = getScalarValue(text, event);
    top.keyAt = mark;
    if (event.style === SCALAR_STYLE.PLAIN && isRenamed(top.key)) renamed.push(mark);
  }
}

function startOf({ valueStart, style }: ScalarEvent): number {
  const isQuoted = style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;
  return isQuoted ? valueStart - 1 : valueStart;
}

function packOffset(offset: number, lineOf: ReturnType<typeof lineFinder>): number {
  const { line, column } = lineOf(offset);
  return packMark(line, column);
}

function place(top: Frame, mark: Marks | Frame): void {
  const key = top.isMapping ? (top.key ?? '') : String(top.index);
  if (key !== '__proto__') top.in[key] = typeof mark === 'number' ? mark : { at: mark.at, in: mark.in };
  top.key = null;
  top.index += 1;
}
