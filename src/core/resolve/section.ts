import { type Marks, markIn, unpackMark } from '../marks.ts';
import type { Candidate, Layer, Origin, Traced } from '../origin.ts';

/** One layer's say about one part of the configuration: its values by key, and where each of them stands. */
export interface Section {
  readonly layer: Layer;
  readonly values: Readonly<Record<string, unknown>>;
  originOf(key: string): Origin;
  /** The same layer's say about a part of this part; null where it says nothing. */
  sub(key: string): Section | null;
}

type Valued = Pick<Section, 'values'>;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A section of a document whose values have positions. */
export function documentSection(
  layer: Layer,
  file: string,
  values: Readonly<Record<string, unknown>>,
  marks: Marks | undefined,
): Section {
  return {
    layer,
    values,
    originOf: (key) => ({ layer, file, ...positionOf(markIn(marks, key)) }),
    sub: (key) => {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      return isObject(value) ? documentSection(layer, file, value, markIn(marks, key)) : null;
    },
  };
}

function positionOf(mark: Marks | undefined): { line: number; column: number } | null {
  if (mark === undefined) return null;
  return unpackMark(typeof mark === 'number' ? mark : mark.at);
}

/** A section all of whose values have the same origin: built-in defaults, the embedded Redis. */
export function uniformSection(origin: Origin, values: Readonly<Record<string, unknown>>): Section {
  return {
    layer: origin.layer,
    values,
    originOf: () => origin,
    sub: (key) => {
      const value = Object.hasOwn(values, key) ? values[key] : undefined;
      return isObject(value) ? uniformSection(origin, value) : null;
    },
  };
}

/** A section of values which each have an origin of their own: variables. */
export function candidateSection(layer: Layer, candidates: ReadonlyMap<string, Candidate<unknown>>): Section {
  return {
    layer,
    values: Object.fromEntries([...candidates].map(([key, candidate]) => [key, candidate.value])),
    originOf: (key) => candidates.get(key)?.origin ?? { layer },
    sub: () => null,
  };
}

/** The section with nothing but some of its keys. */
export function pick(section: Section, keys: ReadonlySet<string>): Section {
  return {
    ...section,
    values: Object.fromEntries(Object.entries(section.values).filter(([key]) => keys.has(key))),
    sub: (key) => (keys.has(key) ? section.sub(key) : null),
  };
}

/** The parts of each section under `key`; layers that say nothing about it fall away. */
export function subsections(sections: readonly Section[], key: string): Section[] {
  return sections.flatMap((section) => section.sub(key) ?? []);
}

/**
 * What the layers say about `key`, lowest first. `accept` is the type guard: validation came before, so what it
 * does not accept is another form of the same key (a list where a mapping may stand, too).
 */
export function candidates<T>(
  sections: readonly Section[],
  key: string,
  accept: (value: unknown) => value is T,
): Candidate<T>[] {
  const found: Candidate<T>[] = [];
  for (const section of sections) {
    const value = Object.hasOwn(section.values, key) ? section.values[key] : undefined;
    if (accept(value)) found.push({ value, origin: section.originOf(key) });
  }
  return found;
}

/** As {@link subsections}, where nobody asks for origins yet. */
export function subvalues(sections: readonly Valued[], key: string): Valued[] {
  return sections.flatMap(({ values }) => {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    return isObject(value) ? { values: value } : [];
  });
}

/** The value that wins; undefined where no layer says anything. */
export function winning<T>(
  sections: readonly Valued[],
  key: string,
  accept: (value: unknown) => value is T,
): T | undefined {
  for (const { values } of sections.toReversed()) {
    const value = Object.hasOwn(values, key) ? values[key] : undefined;
    if (accept(value)) return value;
  }
  return undefined;
}

/** Merges candidates, lowest first: the last one wins, the others are shadowed. Null where there is none. */
export function merge<T>(found: readonly Candidate<T>[]): Traced<T> | null {
  const winner = found.at(-1);
  if (winner === undefined) return null;
  return { value: winner.value, origin: winner.origin, shadowed: found.slice(0, -1).reverse() };
}

export function isString(value: unknown): value is string {
  return typeof value === 'string';
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}
