import { NAME_LENGTH_MAX } from '../names.ts';
import type { Candidate, Traced } from '../origin.ts';
import { ownEntry } from '../own-entry.ts';
import type { ResolvedDeployment } from '../resolved.ts';
import { candidates, isNumber, isString, merge, pick, type Section, subsections } from './section.ts';

const DEPLOYMENT_PARTS = ['address', 'auth', 'tls'];

/** True where variables of a connection give it an address, a credential or TLS. A database alone is no other deployment. */
export function changesDeployment(own: readonly Section[]): boolean {
  return DEPLOYMENT_PARTS.some((part) => subsections(own, part).length > 0);
}

/** Which deployment the connection is on, by the variable that moved it there. */
export function traceDerived(name: string, chosen: Traced<string>, own: readonly Section[]): Traced<string> {
  const moved = DEPLOYMENT_PARTS.flatMap((part) => subsections(own, part)).flatMap((section) =>
    Object.keys(section.values).map((key): Candidate<string> => ({ value: name, origin: section.originOf(key) })),
  );
  const origin = moved[0]?.origin ?? chosen.origin;
  return { value: name, origin, shadowed: [{ value: chosen.value, origin: chosen.origin }, ...chosen.shadowed] };
}

/** `main-cache`, or what comes near it, if a deployment of that name is declared. */
export function nameDerived(base: string, connection: string, taken: ReadonlyMap<string, unknown>): string {
  const plain = `${base}-${connection}`;
  for (let attempt = 1; ; attempt += 1) {
    const suffix = attempt === 1 ? '' : `-${attempt}`;
    const name = `${plain.slice(0, NAME_LENGTH_MAX - suffix.length).replace(/-+$/, '')}${suffix}`;
    if (!taken.has(name)) return name;
  }
}

export interface DerivedSources {
  readonly sections: readonly Section[];
  readonly networks: readonly string[];
}

/**
 * What the layers say about a deployment that variables of a connection make out of its base. On the same server it is
 * the base, but for what the variables say. Another server must not be sent the credentials of this one, and what is
 * said of this one (topology, TLS, waivers, addresses in other networks) does not hold for it.
 */
export function deriveSources(
  base: ResolvedDeployment,
  sections: readonly Section[],
  own: readonly Section[],
  networks: readonly string[],
  ownNetwork: string,
): DerivedSources {
  if (!movesElsewhere(base, own, ownNetwork)) return { sections: [...sections, ...own], networks };
  const kept = new Set(['thresholds', 'databases']);
  // only one of host and port may be the connection's own
  if (base.topology.value === 'standalone') for (const key of ['addresses', 'address']) kept.add(key);
  return { sections: [...sections.map((section) => pick(section, kept)), ...own], networks: [ownNetwork] };
}

function movesElsewhere(base: ResolvedDeployment, own: readonly Section[], ownNetwork: string): boolean {
  const parts = subsections(own, 'address');
  if (parts.length === 0) return false;
  const address = ownEntry(base.addresses, ownNetwork)?.value;
  const top = parts.findLast(({ values }) => Object.hasOwn(values, 'path') || Object.hasOwn(values, 'host'));
  if (address === undefined) return true;
  if (top !== undefined && Object.hasOwn(top.values, 'path'))
    return !('path' in address) || top.values.path !== address.path;
  if ('path' in address) return true;
  const host = merge(candidates(parts, 'host', isString))?.value ?? address.host;
  const port = merge(candidates(parts, 'port', isNumber))?.value ?? address.port;
  return host.toLowerCase() !== address.host.toLowerCase() || port !== address.port;
}
