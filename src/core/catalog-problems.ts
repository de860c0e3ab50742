import * as z from 'zod';
import { catalogSchema } from './catalog-schema.ts';
import type { Finding, FindingCode } from './finding.ts';
import { locate, type Marks } from './marks.ts';
import { NAME_PATTERN, NAME_RULE } from './names.ts';
import { nearest } from './nearest.ts';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;
type Problem = Pick<Finding, 'message' | 'fix'> & {
  readonly code: FindingCode;
  readonly path: Path;
  /** How the last segment may be shown, where it is a key that the schema does not know. */
  readonly shownKey?: string;
};

const PROBLEMS_MAX = 100;

/** Turns zod's issues into findings with place and fix. Values are never repeated, and keys only where they are near a known one. */
export function describeIssues(issues: readonly Issue[], value: unknown, marks: Marks, file: string): Finding[] {
  const problems = issues.flatMap((issue) => describe(issue, value)).slice(0, PROBLEMS_MAX);
  return problems.map(({ path, shownKey, ...words }): Finding => {
    const layer = path[0] === 'environments' ? 'catalog-environment' : 'catalog-base';
    const origin = { layer, file, ...locate(marks, path.map(String)) } as const;
    const shown = shownKey === undefined ? path.map(safeSegment) : [...path.slice(0, -1).map(safeSegment), shownKey];
    return { ...words, severity: 'error', path: shown.join('.'), origin };
  });
}

/** A path segment that may be shown: an index, a name, or an identifier of the schema. */
function safeSegment(segment: PropertyKey): string {
  const text = String(segment);
  return NAME_PATTERN.test(text) || KNOWN_KEYS.has(text) ? text : '?';
}

function describe(issue: Issue, value: unknown): Problem[] {
  const path = issue.path;
  const actual = valueAt(value, path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => describeUnknownKey(path, key));
  if (issue.code === 'invalid_key') return [{ path, ...describeName(path) }];
  if (isSecretPath(path) && typeof actual !== 'string') return [{ path, ...describeSecret(actual) }];
  if (actual === undefined && !hasKey(value, path))
    return [{ path, ...describeMissing(issue, safeSegment(path.at(-1) ?? '?')) }];
  if (wantsString(issue) && (actual === null || typeof actual === 'number' || typeof actual === 'boolean')) {
    return [{ path, ...describeScalar(actual) }];
  }
  return [{ path, ...describeValue(issue, actual) }];
}

function describeUnknownKey(path: Path, key: string): Problem {
  if (isSecretPath(path)) return { path, ...SECRET_SHAPE };
  const known = knownKeysAt(path);
  const [near] = nearest(key, known, 1);
  const expected = `Known here: ${known.join(', ')}.`;
  const at = [...path, key];
  if (near === undefined)
    return {
      path: at,
      shownKey: '?',
      code: 'CATALOG_KEY_UNKNOWN',
      message: 'Unknown key.',
      fix: `Remove it. ${expected}`,
    };
  return {
    path: at,
    shownKey: key,
    code: 'CATALOG_KEY_UNKNOWN',
    message: `Unknown key "${key}".`,
    fix: `Did you mean "${near}"? ${expected}`,
  };
}

function describeName(path: Path): Omit<Problem, 'path'> {
  const kind = String(path.at(-2) ?? 'entry');
  return { code: 'CATALOG_NAME_INVALID', message: `A name under "${kind}" is not valid.`, fix: `Use ${NAME_RULE}.` };
}

const SECRET_SHAPE = {
  code: 'CATALOG_SECRET_SHAPE',
  message: 'This is no reference to a secret.',
  fix: 'Write { env: NAME } or { file: PATH }.',
} as const;

function describeSecret(actual: unknown): Omit<Problem, 'path'> {
  return typeof actual === 'object' && actual !== null ? SECRET_SHAPE : describeScalar(actual);
}

function describeMissing(issue: Issue, key: string): Omit<Problem, 'path'> {
  const wanted = issue.code === 'invalid_value' ? issue.values.map(String).join(', ') : wantedType(issue);
  return { code: 'CATALOG_VALUE_INVALID', message: `The key "${key}" is missing.`, fix: `Add it: ${wanted}.` };
}

/** YAML 1.2 reads `00123`, `1e3`, `true` and `~` as numbers, booleans and null, whatever the field wants. */
function describeScalar(actual: unknown): Omit<Problem, 'path'> {
  const code = 'CATALOG_SCALAR_NOT_STRING';
  if (actual === null || actual === undefined)
    return {
      code,
      message: 'There is nothing here (YAML reads null), but a string is wanted.',
      fix: 'Give a value and quote it, or remove the key.',
    };
  const message = `YAML reads this value as a ${typeof actual}, but a string is wanted.`;
  return { code, message, fix: 'Quote this value.' };
}

const WANTED: ReadonlyMap<string, string> = new Map([
  ['string', 'a text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a mapping'],
  ['record', 'a mapping'],
]);

function wantedType(issue: Issue): string {
  const type = issue.code === 'invalid_type' ? issue.expected : '';
  return WANTED.get(type) ?? 'a value';
}

function describeValue(issue: Issue, actual: unknown): Omit<Problem, 'path'> {
  const [message, fix] = wordsFor(issue, actual);
  return { code: 'CATALOG_VALUE_INVALID', message, fix };
}

const SIZES: ReadonlyMap<string, readonly [small: string, large: string, unit: string]> = new Map([
  ['string', ['Too short', 'Too long', ' character(s)']],
  ['array', ['Too few entries', 'Too many entries', ' entries']],
]);

function unitOf({ origin }: { readonly origin: string }): string {
  return SIZES.get(origin)?.[2] ?? '';
}

function wordsFor(issue: Issue, actual: unknown): readonly [message: string, fix: string] {
  switch (issue.code) {
    case 'invalid_type': {
      const unquoted = typeof actual === 'string' && /^(number|int|boolean)$/.test(issue.expected);
      return ['The value has the wrong type.', `Give ${wantedType(issue)}${unquoted ? ', without quotes' : ''}.`];
    }
    case 'invalid_value':
      return ['Not one of the allowed values.', `Use one of: ${issue.values.map(String).join(', ')}.`];
    case 'too_small':
      return [`${SIZES.get(issue.origin)?.[0] ?? 'Too small'}.`, `Give at least ${issue.minimum}${unitOf(issue)}.`];
    case 'too_big':
      return [`${SIZES.get(issue.origin)?.[1] ?? 'Too large'}.`, `Give at most ${issue.maximum}${unitOf(issue)}.`];
    case 'invalid_format': {
      const isNamePattern = issue.pattern === String(NAME_PATTERN);
      return [
        'The text has not the wanted form.',
        isNamePattern ? `Use ${NAME_RULE}.` : `It must match ${issue.pattern}.`,
      ];
    }
    default:
      if (typeof actual === 'string' && !actual.isWellFormed())
        return ['The text holds half of a Unicode character (a lone surrogate).', 'Write the whole character.'];
      return ['The value has not the wanted shape.', 'See the JSON Schema (npm run schema) for what stands here.'];
  }
}

function wantsString(issue: Issue): boolean {
  if (issue.code === 'invalid_type') return issue.expected === 'string';
  return issue.code === 'invalid_union' && issue.errors.some((branch) => branch.some(wantsString));
}

const SECRET_KEYS: ReadonlySet<PropertyKey> = new Set(['password', 'ca', 'cert', 'key']);

/** True for `...auth.password`, `...tls.ca` and what is below them, whatever services or deployments are called. */
function isSecretPath(path: Path): boolean {
  return path.some(
    (segment, index) =>
      index > 2 && SECRET_KEYS.has(segment) && (path[index - 1] === 'auth' || path[index - 1] === 'tls'),
  );
}

function hasKey(value: unknown, path: Path): boolean {
  const parent = valueAt(value, path.slice(0, -1));
  return typeof parent === 'object' && parent !== null && Object.hasOwn(parent, path.at(-1) ?? '');
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

/** The keys that the schema knows at a path, for hints. */
function knownKeysAt(path: Path): string[] {
  let schema: z.core.$ZodType | undefined = catalogSchema;
  for (const key of path) schema = schema === undefined ? undefined : step(schema, key);
  const inner = schema === undefined ? undefined : unwrap(schema);
  if (inner instanceof z.ZodObject) return Object.keys(inner.shape);
  if (inner instanceof z.ZodRecord && inner.keyType instanceof z.ZodEnum) return inner.keyType.options.map(String);
  return [];
}

function step(schema: z.core.$ZodType, key: PropertyKey): z.core.$ZodType | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) return inner.shape[String(key)];
  if (inner instanceof z.ZodRecord) return inner.valueType;
  if (inner instanceof z.ZodArray) return inner.element;
  return undefined;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) inner = inner.unwrap();
  return inner;
}

function collectKeys(schema: z.core.$ZodType, into: Set<string>): Set<string> {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    for (const [key, child] of Object.entries(inner.shape)) collectKeys(child, into.add(key));
  } else if (inner instanceof z.ZodRecord) collectKeys(inner.valueType, into);
  else if (inner instanceof z.ZodUnion) for (const option of inner.options) collectKeys(option, into);
  return into;
}

const KNOWN_KEYS = collectKeys(catalogSchema, new Set<string>());
