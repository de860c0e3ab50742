import type { Access, Caller } from '../access.ts';
import type { Catalog } from '../catalog-schema.ts';
import { isStrict } from '../environment.ts';
import { didYouMean } from '../nearest.ts';
import type { Candidate } from '../origin.ts';
import { type ResolveContext, report } from './context.ts';
import { candidates, isBoolean, isString, merge, type Section, subsections, subvalues, winning } from './section.ts';

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
  checkShared(callers, groups, context);
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
  const parts = subvalues(groups, name); // there may be as many callers as services, and hardly any has a problem
  const tokenSha256 = winning(parts, 'tokenSha256', isString);
  if (tokenSha256 === undefined) return null;
  const services = winning(parts, 'services', isStringArray) ?? [];
  const operator = winning(parts, 'operator', isBoolean) ?? false;
  for (const service of services) {
    if (service === '*' || knownServices?.has(service) !== false) continue;
    const origin = merge(candidates(subsections(groups, name), 'services', isStringArray))?.origin ?? null;
    const message = `${name} may read ${service}, which is no service${didYouMean(service, knownServices ?? [])}.`;
    const place = { path: `access.callers.${name}.services`, origin };
    report(context, 'ACCESS_SERVICE_UNKNOWN', place, message, 'Correct the name, or remove it.');
  }
  return { name, tokenSha256, services: new Set(services), operator };
}

/** A token of two callers says nothing about who calls. */
function checkShared(callers: readonly Caller[], groups: readonly Section[], context: ResolveContext): void {
  const owners = new Map<string, string>();
  for (const { name, tokenSha256 } of callers) {
    const other = owners.get(tokenSha256);
    owners.set(tokenSha256, other ?? name);
    if (other === undefined) continue;
    const token = merge(candidates(subsections(groups, name), 'tokenSha256', isString));
    const place = { path: `access.callers.${name}.tokenSha256`, origin: token?.origin ?? null };
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
