import { ADDRESS_PROBLEMS, formatAddress, parseAddress } from '../address.ts';
import { type Candidate, type Origin, rankOf, type Traced } from '../origin.ts';
import type { ResolvedAddress } from '../resolved.ts';
import type { Address } from '../target.ts';
import { type ResolveContext, report } from './context.ts';
import { BUILT_IN, DEFAULT_ADDRESSES } from './defaults.ts';
import { candidates, isNumber, isString, merge, type Section } from './section.ts';

/** Serves every consumer that has no address of its own in a layer. */
export const ANY_NETWORK = 'any';

/** One layer's address, perhaps only a part of it: `REDIS_PORT` alone, say. */
interface PartialAddress {
  readonly origin: Origin;
  readonly host?: Candidate<string>;
  readonly port?: Candidate<number>;
  readonly path?: Candidate<string>;
}

type Declared = ReadonlyMap<string, readonly PartialAddress[]>;

/**
 * The address of a standalone deployment in each network. In a layer the network's own entry goes before `any`;
 * a higher layer goes before both. Variables speak of the network of this process: that is where they were set.
 */
export function resolveAddresses(
  sections: readonly Section[],
  networks: readonly string[],
  path: string,
  context: ResolveContext,
): Readonly<Record<string, ResolvedAddress>> {
  const declared = collect(sections, path, context);
  const resolved: Record<string, ResolvedAddress> = {};
  for (const network of networks) {
    const partials = [...(declared.get(ANY_NETWORK) ?? []), ...(declared.get(network) ?? [])];
    // sort is stable: within a layer the network's own entry stays behind, and so above, `any`
    partials.sort((a, b) => rankOf(a.origin.layer) - rankOf(b.origin.layer));
    const address = assemble(partials) ?? defaultAddress(network, declared, path, context);
    if (address !== null) resolved[network] = address;
  }
  return resolved;
}

function collect(sections: readonly Section[], path: string, context: ResolveContext): Declared {
  const declared = new Map<string, PartialAddress[]>();
  const add = (network: string, partial: PartialAddress): void => {
    declared.set(network, [...(declared.get(network) ?? []), partial]);
  };
  for (const section of sections) {
    const addresses = section.sub('addresses');
    for (const network of Object.keys(addresses?.values ?? {})) {
      const partial = addresses === null ? null : readDeclared(addresses, network, `${path}.addresses`, context);
      if (partial !== null) add(network, partial);
    }
    const variables = section.sub('address');
    if (variables !== null) add(context.ownNetwork, readVariables(variables));
  }
  return declared;
}

function readDeclared(
  addresses: Section,
  network: string,
  path: string,
  context: ResolveContext,
): PartialAddress | null {
  const origin = addresses.originOf(network);
  const parsed = parseAddress(String(addresses.values[network]));
  if (!parsed.ok) {
    const [message, fix] = ADDRESS_PROBLEMS[parsed.problem];
    report(context, 'ADDRESS_INVALID', { path: `${path}.${network}`, origin }, message, fix);
    return null;
  }
  const { address } = parsed;
  if ('path' in address) return { origin, path: { value: address.path, origin } };
  return { origin, host: { value: address.host, origin }, port: { value: address.port, origin } };
}

function readVariables(variables: Section): PartialAddress {
  const host = candidates([variables], 'host', isString).at(-1);
  const port = candidates([variables], 'port', isNumber).at(-1);
  const path = candidates([variables], 'path', isString).at(-1);
  const origin = (host ?? path ?? port)?.origin ?? { layer: variables.layer };
  return { origin, ...(host && { host }), ...(port && { port }), ...(path && { path }) };
}

/** Host and port may come from different layers; a socket path and a host exclude each other, the higher one wins. */
function assemble(partials: readonly PartialAddress[]): ResolvedAddress | null {
  const host = merge(partials.flatMap((partial) => partial.host ?? []));
  const port = merge(partials.flatMap((partial) => partial.port ?? []));
  const path = merge(partials.flatMap((partial) => partial.path ?? []));
  if (path !== null && (host === null || lastIndex(partials, 'path') > lastIndex(partials, 'host')))
    return { value: { path: path.value }, leaves: { path } };
  if (host === null) return null;
  const known: Traced<number> = port ?? { value: 6379, origin: BUILT_IN, shadowed: [] };
  return { value: { host: host.value, port: known.value }, leaves: { host, port: known } };
}

function lastIndex(partials: readonly PartialAddress[], key: 'host' | 'path'): number {
  return partials.findLastIndex((partial) => partial[key] !== undefined);
}

/** Development and test have an address by default, and say so where it could be a surprise. */
function defaultAddress(
  network: string,
  declared: Declared,
  path: string,
  context: ResolveContext,
): ResolvedAddress | null {
  const text = DEFAULT_ADDRESSES[context.environment.name]?.[network];
  const parsed = text === undefined ? null : parseAddress(text);
  if (parsed === null || !parsed.ok || 'path' in parsed.address) return null;
  const { host, port } = parsed.address;
  if (declared.size > 0) {
    const place = { path: `${path}.addresses.${network}`, origin: BUILT_IN };
    const message = `No address is declared for the network ${network}, though there is one for ${[...declared.keys()].join(', ')}; ${text} is a guess.`;
    report(context, 'ADDRESS_DEFAULTED', place, message, `Declare ${path}.addresses.${network}.`);
  }
  const leaf = <T>(value: T): Traced<T> => ({ value, origin: BUILT_IN, shadowed: [] });
  return { value: { host, port }, leaves: { host: leaf(host), port: leaf(port) } };
}

/** All that any layer says about a network's address, winner first: for hints. */
export function mentioned(address: ResolvedAddress | undefined): Address[] {
  if (address === undefined) return [];
  const { host, port } = address.leaves;
  if (host === undefined || port === undefined) return [address.value];
  const hosts = [host, ...host.shadowed];
  const ports = [port, ...port.shadowed];
  const pairs = hosts.flatMap((h) =>
    ports.filter((p) => p.origin === h.origin).map((p) => ({ host: h.value, port: p.value })),
  );
  const seen = new Set<string>();
  return [address.value, ...pairs].filter((pair) => !seen.has(formatAddress(pair)) && seen.add(formatAddress(pair)));
}
