/** One reply of RESP2 or RESP3. Texts come from the server: they serve to classify and are never passed on. */
export type Reply =
  | { readonly type: 'simple' | 'error' | 'bulk'; readonly text: string }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' }
  | { readonly type: 'array' | 'set' | 'push'; readonly items: readonly Reply[] }
  | { readonly type: 'map'; readonly items: readonly Reply[] };

/** `incomplete`: more bytes are needed. `invalid`: not RESP, or beyond the limits; the reader stays so. */
export type Reading =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid' };

export interface RespLimits {
  /** Unread bytes that are kept. */
  readonly bufferBytesMax: number;
  /** Aggregates within aggregates. */
  readonly depthMax: number;
  /** Elements of one aggregate; keys and values count apart. */
  readonly itemsMax: number;
}

const DEFAULT_LIMITS: RespLimits = { bufferBytesMax: 64 * 1024, depthMax: 8, itemsMax: 4096 };

const INCOMPLETE = { kind: 'incomplete' } as const;
const INVALID = { kind: 'invalid' } as const;

/** A command as an array of bulk strings, which every version and every proxy understands. */
export function encodeCommand(args: readonly string[]): Buffer {
  const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
  return Buffer.from(`*${args.length}\r\n${parts.join('')}`);
}

/** Reads replies from chunks of a stream. Strict: what is not RESP is `invalid`, it is never guessed. */
export class ReplyReader {
  readonly #limits: RespLimits;
  #buffer = Buffer.alloc(0);
  #invalid = false;

  constructor(limits: Partial<RespLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Bytes that were received but not read as a reply yet. */
  get unreadBytes(): number {
    return this.#buffer.length;
  }

  /** True once something was no RESP or too long. What follows is ignored. */
  get isInvalid(): boolean {
    return this.#invalid;
  }

  push(chunk: Buffer): void {
    if (this.#invalid) return;
    if (this.#buffer.length + chunk.length > this.#limits.bufferBytesMax) this.#fail();
    else this.#buffer = Buffer.concat([this.#buffer, chunk]);
  }

  /** The next reply of the stream. */
  next(): Reading {
    if (this.#invalid) return INVALID;
    const result = parse({ bytes: this.#buffer, limits: this.#limits }, 0, 0);
    if (result.kind === 'incomplete') return INCOMPLETE;
    if (result.kind === 'invalid') return this.#fail();
    this.#buffer = this.#buffer.subarray(result.end);
    return { kind: 'reply', reply: result.reply };
  }

  #fail(): typeof INVALID {
    this.#invalid = true;
    this.#buffer = Buffer.alloc(0);
    return INVALID;
  }
}

interface Source {
  readonly bytes: Buffer;
  readonly limits: RespLimits;
}

type Parsed = { readonly kind: 'parsed'; readonly reply: Reply; readonly end: number };
type Parsing = Parsed | typeof INCOMPLETE | typeof INVALID;

const parsed = (reply: Reply, end: number): Parsed => ({ kind: 'parsed', reply, end });

function parse(source: Source, start: number, depth: number): Parsing {
  const { bytes, limits } = source;
  if (start >= bytes.length) return INCOMPLETE;
  const marker = String.fromCharCode(bytes[start] ?? 0);
  if (!MARKERS.has(marker) || depth > limits.depthMax) return INVALID;
  const lineEnd = bytes.indexOf('\n', start);
  if (lineEnd < 0) return INCOMPLETE;
  if (bytes[lineEnd - 1] !== CARRIAGE_RETURN) return INVALID;
  const line = bytes.toString('utf8', start + 1, lineEnd - 1);
  if (line.includes('\r')) return INVALID;
  return parseBody({ source, marker, line, start: lineEnd + 1, depth });
}

const MARKERS: ReadonlySet<string> = new Set('+-:$*_#,(!=%~>|');
const CARRIAGE_RETURN = 0x0d;

/** What follows the first line of a reply. */
interface Body {
  readonly source: Source;
  readonly marker: string;
  readonly line: string;
  readonly start: number;
  readonly depth: number;
}

function parseBody(body: Body): Parsing {
  const { marker, line, start } = body;
  switch (marker) {
    case '+':
      return parsed({ type: 'simple', text: line }, start);
    case '-':
      return parsed({ type: 'error', text: line }, start);
    case ':':
    case '(':
      return /^[+-]?\d+$/.test(line) ? parsed({ type: 'number', value: Number(line) }, start) : INVALID;
    case ',':
      return parseDouble(line, start);
    case '#':
      return line === 't' || line === 'f' ? parsed({ type: 'boolean', value: line === 't' }, start) : INVALID;
    case '_':
      return line === '' ? parsed({ type: 'null' }, start) : INVALID;
    case '$':
    case '!':
    case '=':
      return parseBulk(body);
    default:
      return parseAggregate(body);
  }
}

function parseDouble(line: string, start: number): Parsing {
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(line))
    return parsed({ type: 'number', value: Number(line) }, start);
  const special = { inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY, nan: Number.NaN };
  const value = new Map(Object.entries(special)).get(line);
  return value === undefined ? INVALID : parsed({ type: 'number', value }, start);
}

/** A length or a count; null when it is none. */
function parseLength(line: string): number | null {
  return /^(0|[1-9]\d{0,8})$/.test(line) ? Number(line) : null;
}

function parseBulk({ source, marker, line, start }: Body): Parsing {
  if (marker === '$' && line === '-1') return parsed({ type: 'null' }, start);
  const length = parseLength(line);
  if (length === null || length > source.limits.bufferBytesMax) return INVALID;
  const end = start + length;
  if (source.bytes.length < end + 2) return INCOMPLETE;
  if (source.bytes.toString('latin1', end, end + 2) !== '\r\n') return INVALID;
  const text = source.bytes.toString('utf8', start, end);
  if (marker === '!') return parsed({ type: 'error', text }, end + 2);
  if (marker === '$') return parsed({ type: 'bulk', text }, end + 2);
  // A verbatim string: three letters of format and a colon stand before the text.
  return text[3] === ':' ? parsed({ type: 'bulk', text: text.slice(4) }, end + 2) : INVALID;
}

function parseAggregate({ source, marker, line, start, depth }: Body): Parsing {
  if (marker === '*' && line === '-1') return parsed({ type: 'null' }, start);
  const declared = parseLength(line);
  const isPaired = marker === '%' || marker === '|';
  const count = (declared ?? 0) * (isPaired ? 2 : 1);
  if (declared === null || count > source.limits.itemsMax) return INVALID;
  const items: Reply[] = [];
  let end = start;
  while (items.length < count) {
    const item = parse(source, end, depth + 1);
    if (item.kind !== 'parsed') return item;
    items.push(item.reply);
    end = item.end;
  }
  // Attributes only decorate the reply that follows them.
  return marker === '|' ? parse(source, end, depth + 1) : parsed({ type: AGGREGATES[marker] ?? 'array', items }, end);
}

const AGGREGATES: Readonly<Record<string, 'array' | 'set' | 'push' | 'map'>> = {
  '*': 'array',
  '~': 'set',
  '>': 'push',
  '%': 'map',
};

/** Field names and values of a map, or of a flat array as RESP2 gives it. Empty for any other reply. */
export function fieldsOf(reply: Reply): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  if (!('items' in reply)) return fields;
  for (let index = 0; index + 1 < reply.items.length; index += 2) {
    const name = textOf(reply.items[index]);
    const value = textOf(reply.items[index + 1]);
    if (name !== null && value !== null) fields.set(name, value);
  }
  return fields;
}

function textOf(reply: Reply | undefined): string | null {
  if (reply === undefined) return null;
  if (reply.type === 'simple' || reply.type === 'bulk') return reply.text;
  return reply.type === 'number' ? String(reply.value) : null;
}
