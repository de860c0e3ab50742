import type { Access, Caller } from '../access.ts';
import type { Catalog } from '../catalog-schema.ts';
import { isStrict } from '../environment.ts';
import { didYouMean } from '../nearest.ts';
import type { Candidate } from '../origin.ts';
import { type ResolveContext, report } from './context.ts';
import { candidates, isBoolean, isString, merge, type Section, subsections } from './section.ts';

type DeclaredAccess = NonNullable<Catalog['access']>;

/** `BEACON_CALLERS` and `BEACON_ACCESS_WAIVE`: they are variables, and so go before the catalog. */
export interface AccessSettings {
  readonly callers: NonNullable<DeclaredAccess['callers']>;
  readonly waive: string | null;
}

function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

/** Merges `access` of base, overlay and settings, lowest first. */
export function resolveAccess(
  sections: readonly Section[],
  knownServices: ReadonlySet<string> | null,
  context: ResolveContext,
): Access {
  const parts = subsections(sections, 'access');
  const groups = subsections(parts, 'callers');
  const names = new Set(groups.flatMap((group) => Object.keys(group.values)));
  const callers = [...names].flatMap((name) => resolveCaller(name, groups, knownServices, context) ?? []);
  checkShared(tokensOf(names, groups), context);
  const waive = merge(candidates(parts, 'waive', isString));
  if (waive !== null) reportWaiver(waive, context);
  else if (callers.length === 0) demandCallers(context);
  const required = isStrict(context.environment.name) && waive === null;
  return { callers, required, waive: waive?.value ?? null };
}

function resolveCaller(
  name: string,
  groups: readonly Section[],
  knownServices: ReadonlySet<string> | null,
  context: ResolveContext,
): Caller | null {
  const parts = subsections(groups, name);
  const tokenSha256 = merge(candidates(parts, 'tokenSha256', isString));
  if (tokenSha256 === null) return null;
  const services = merge(candidates(parts, 'services', isStringArray));
  const operator = merge(candidates(parts, 'operator', isBoolean));
  const unknown = (services?.value ?? []).filter((service) => service !== '*' && knownServices?.has(service) === false);
  for (const service of unknown) {
    const message = `${name} may read ${service}, which is no service${didYouMean(service, knownServices ?? [])}.`;
    const place = { path: `access.callers.${name}.services`, origin: services?.origin ?? null };
    report(context, 'ACCESS_SERVICE_UNKNOWN', place, message, 'Correct the name, or remove it.');
  }
  return {
    name,
    tokenSha256: tokenSha256.value,
    services: new Set(services?.value ?? []),
    operator: operator?.value ?? false,
  };
}

function tokensOf(names: Iterable<string>, groups: readonly Section[]): Map<string, Candidate<string>> {
  const tokens = new Map<string, Candidate<string>>();
  for (const name of names) {
    const token = merge(candidates(subsections(groups, name), 'tokenSha256', isString));
    if (token !== null) tokens.set(name, token);
  }
  return tokens;
}

/** A token of two callers says nothing about who calls. */
function checkShared(tokens: ReadonlyMap<string, Candidate<string>>, context: ResolveContext): void {
  const owners = new Map<string, string>();
  for (const [name, { value, origin }] of tokens) {
    const other = owners.get(value);
    owners.set(value, other ?? name);
    if (other === undefined) continue;
    const place = { path: `access.callers.${name}.tokenSha256`, origin };
    const message = `The callers ${other} and ${name} have the same token.`;
    report(context, 'ACCESS_TOKEN_SHARED', place, message, 'Give each caller its own: redis-beacon token NAME.');
  }
}

function reportWaiver({ value, origin }: Candidate<string>, context: ResolveContext): void {
  const place = { path: 'access.waive', origin };
  report(context, 'ACCESS_WAIVED', place, `Everybody may read: ${value}`, 'Remove the waiver once the reason is gone.');
}

/** Staging and production do not hand out configuration to strangers. */
function demandCallers(context: ResolveContext): void {
  const message = isStrict(context.environment.name)
    ? `${context.environment.name} demands that callers identify themselves, but none is declared.`
    : 'No caller is declared: whoever reaches the listener may read.';
  const fix = 'Make a token and its line with `redis-beacon token NAME`, or state a reason in access.waive.';
  report(context, 'ACCESS_MISSING', { path: 'access', origin: null }, message, fix);
}
