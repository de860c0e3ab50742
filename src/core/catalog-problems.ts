import { z } from 'zod';
import { catalogSchema } from './catalog-schema.ts';
import type { Finding } from './finding.ts';
import { locate, type Marks } from './marks.ts';
import { NAME_PATTERN, NAME_RULE } from './names.ts';
import { nearest } from './nearest.ts';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;
type Problem = Pick<Finding, 'code' | 'message' | 'fix'> & {
  readonly path: Path;
  /** Where it stands, if that is more than may be shown as the path. */
  readonly place?: Path;
};

const PROBLEMS_MAX = 100;

/** Turns zod's issues into findings with place and fix. Values are never repeated, and keys only where they are near a known one. */
export function describeIssues(issues: readonly Issue[], value: unknown, marks: Marks, file: string): Finding[] {
  const problems = issues.flatMap((issue) => describe(issue, value));
  const findings = problems.slice(0, PROBLEMS_MAX).map(({ path, ...words }): Finding => {
    const place = locate(marks, path.map(String));
    const origin = {
      layer: path[0] === 'environments' ? 'catalog-environment' : 'catalog-base',
      file,
      ...place,
    } as const;
    return { ...words, severity: 'error', path: path.map(safeSegment).join('.'), origin };
  });
  return findings;
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
  if (isSecretPath(path)) return [{ path, ...describeSecret(actual) }];
  if (wantsString(issue) && (actual === null || typeof actual === 'number' || typeof actual === 'boolean')) {
    return [{ path, ...describeScalar(actual) }];
  }
  return [{ path, ...describeValue(issue) }];
}

function describeUnknownKey(path: Path, key: string): Problem {
  if (isSecretPath(path)) return { path, ...SECRET_SHAPE };
  const known = knownKeysAt(path);
  const [near] = nearest(key, known, 1);
  const expected = `Known here: ${known.join(', ')}.`;
  const at = [...path, key];
  if (near === undefined)
    return { path: at, code: 'CATALOG_KEY_UNKNOWN', message: 'Unknown key.', fix: `Remove it. ${expected}` };
  return {
    path: at,
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

/** YAML 1.2 reads `00123`, `1e3`, `true` and `~` as numbers, booleans and null, whatever the field wants. */
function describeScalar(actual: unknown): Omit<Problem, 'path'> {
  const kind = actual === null ? 'null' : `a ${typeof actual}`;
  return {
    code: 'CATALOG_SCALAR_NOT_STRING',
    message: `YAML reads this value as ${kind}, but a string is wanted.`,
    fix: 'Quote this value.',
  };
}

function describeValue(issue: Issue): Omit<Problem, 'path'> {
  const code = 'CATALOG_VALUE_INVALID';
  switch (issue.code) {
    case 'invalid_type':
      return {
        code,
        message: `Wrong type: ${issue.expected} is wanted.`,
        fix: `Give a value of type ${issue.expected}.`,
      };
    case 'invalid_value':
      return {
        code,
        message: 'Not one of the allowed values.',
        fix: `Use one of: ${issue.values.map(String).join(', ')}.`,
      };
    case 'too_small':
      return {
        code,
        message: `Too small or too short: at least ${issue.minimum}.`,
        fix: `Give at least ${issue.minimum}.`,
      };
    case 'too_big':
      return {
        code,
        message: `Too large or too long: at most ${issue.maximum}.`,
        fix: `Give at most ${issue.maximum}.`,
      };
    case 'invalid_format':
      return {
        code,
        message: 'The text has not the wanted form.',
        fix: `It must match ${issue.pattern ?? issue.format}.`,
      };
    default:
      return {
        code,
        message: 'The value has not the wanted shape.',
        fix: 'See the JSON Schema (npm run schema) for what stands here.',
      };
  }
}

function wantsString(issue: Issue): boolean {
  if (issue.code === 'invalid_type') return issue.expected === 'string';
  return issue.code === 'invalid_union' && issue.errors.some((branch) => branch.some(wantsString));
}

const SECRET_KEYS: ReadonlySet<PropertyKey> = new Set(['password', 'ca', 'cert', 'key']);

function isSecretPath(path: Path): boolean {
  const section = path.findIndex((segment) => segment === 'auth' || segment === 'tls');
  return section > 0 && SECRET_KEYS.has(path[section + 1] ?? '');
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
