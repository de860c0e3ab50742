import { type Candidate, describeOrigin, type Traced } from '../origin.ts';
import { nameReference, toReference } from '../references.ts';
import { Secret } from '../secret.ts';
import { describeReading } from '../secret-reading.ts';
import { type ResolveContext, report } from './context.ts';
import { BUILT_IN } from './defaults.ts';
import { candidates, type Section } from './section.ts';

type Declared = string | Secret | { readonly env: string } | { readonly file: string };

function isDeclared(value: unknown): value is Declared {
  if (typeof value === 'string' || value instanceof Secret) return true;
  return typeof value === 'object' && value !== null && ('env' in value || 'file' in value);
}

/**
 * Resolves a secret: the highest layer that says something decides, and an unresolvable reference is an error, never
 * an empty string and never a lower layer's value.
 */
export function resolveSecret(
  sections: readonly Section[],
  key: string,
  path: string,
  context: ResolveContext,
): Traced<Secret | null> {
  const declared = candidates(sections, key, isDeclared);
  const winner = declared.at(-1);
  if (winner === undefined) return { value: null, origin: BUILT_IN, shadowed: [] };
  const shadowed = declared.slice(0, -1).reverse().map(shade);
  const value = read(winner, PUBLIC_KEYS.has(key), path, context);
  return { value, origin: winner.origin, shadowed };
}

/** Certificates are no secrets: they may stand in the catalog, but are kept like secrets, for what may stand there by mistake. */
const PUBLIC_KEYS: ReadonlySet<string> = new Set(['ca', 'cert']);

/** A shadowed secret shows that it is there, not what it is: a reference below the winner is not read. */
function shade({ value, origin }: Candidate<Declared>): Candidate<Secret | null> {
  return { value: value instanceof Secret ? value : new Secret(typeof value === 'string' ? value : 'set'), origin };
}

function read(
  { value, origin }: Candidate<Declared>,
  isPublic: boolean,
  path: string,
  context: ResolveContext,
): Secret | null {
  if (value instanceof Secret) return check(value, path, origin, context);
  if (typeof value === 'string') {
    const fix = 'Write { env: NAME } or { file: PATH } and keep the value out of the catalog.';
    if (!isPublic) report(context, 'SECRET_LITERAL', { path, origin }, 'The secret stands in the catalog itself.', fix);
    return check(new Secret(value), path, origin, context);
  }
  const key = toReference(value) ?? '';
  const reading = context.readings.get(key);
  if (reading?.ok) return check(reading.secret, path, origin, context);
  const [message, fix] = describeReading(reading, nameReference(value));
  report(context, 'SECRET_UNRESOLVABLE', { path, origin }, message, fix);
  return null;
}

function check(
  secret: Secret,
  path: string,
  origin: Candidate<unknown>['origin'],
  context: ResolveContext,
): Secret | null {
  if (secret.isEmpty) {
    const message = `The secret from ${describeOrigin(origin)} is empty.`;
    report(context, 'SECRET_EMPTY', { path, origin }, message, 'Give it a value, or remove it.');
    return null;
  }
  const text = secret.reveal();
  if (path.endsWith('password') && text !== text.trim()) {
    const message = `The secret from ${describeOrigin(origin)} begins or ends with white space or a line break.`;
    report(context, 'SECRET_WHITESPACE', { path, origin }, message, "Store it without (printf '%s' instead of echo).");
  }
  return secret;
}
