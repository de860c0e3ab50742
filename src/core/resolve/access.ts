import type { Access, Caller } from '../access.ts';
import type { Catalog } from '../catalog-schema.ts';
import { isStrict } from '../environment.ts';
import { didYouMean } from '../nearest.ts';
import type { Origin } from '../origin.ts';
import { type ResolveContext, report } from './context.ts';
import { candidates, isBoolean, isString, merge, type Section, subsections } from './section.ts';

type DeclaredAccess = NonNullable<Catalog['access']>;

/** Callers and waiver that the settings of the service bring along where there is no catalog. */
export interface AccessSettings {
  readonly callers: NonNullable<DeclaredAccess['callers']>;
  readonly waive: string | null;
}

function isStringArray(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

/** Merges `access` of base, overlay and settings. A caller in a higher layer goes before one of the same name. */
export function resolveAccess(
  sections: readonly Section[],
  knownServices: ReadonlySet<string> | null,
  context: ResolveContext,
): Access {
  const parts = subsections(sections, 'access');
  const groups = subsections(parts, 'callers');
  const names = new Set(groups.flatMap((group) => Object.keys(group.values)));
  const callers = [...names].flatMap((name) => resolveCaller(name, groups, knownServices, context) ?? []);
  checkShared(callers, context);
  const waive = merge(candidates(parts, 'waive', isString));
  demandCallers(callers, waive?.value ?? null, waive?.origin ?? null, context);
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

function checkShared(callers: readonly Caller[], context: ResolveContext): void {
  const owners = new Map<string, string>();
  for (const caller of callers) {
    const other = owners.get(caller.tokenSha256);
    owners.set(caller.tokenSha256, caller.name);
    if (other === undefined) continue;
    const message = `The callers ${other} and ${caller.name} have the same token.`;
    const place = { path: `access.callers.${caller.name}`, origin: null };
    report(context, 'ACCESS_TOKEN_SHARED', place, message, 'Give each caller its own: redis-beacon token NAME.');
  }
}

/** Staging and production do not hand out configuration to strangers. */
function demandCallers(
  callers: readonly Caller[],
  waive: string | null,
  origin: Origin | null,
  context: ResolveContext,
): void {
  if (callers.length > 0) return;
  const place = { path: 'access', origin };
  if (waive !== null) {
    report(
      context,
      'ACCESS_WAIVED',
      { ...place, path: 'access.waive' },
      `Everybody may read: ${waive}`,
      'Declare callers.',
    );
    return;
  }
  const strict = isStrict(context.environment.name);
  const message = strict
    ? `${context.environment.name} demands that callers identify themselves, but none is declared.`
    : 'No caller is declared: whoever reaches the listener may read.';
  const fix = 'Make a token and its line with `redis-beacon token NAME`, or state a reason in access.waive.';
  report(context, 'ACCESS_MISSING', place, message, fix);
}
