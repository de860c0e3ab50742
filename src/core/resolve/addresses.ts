import { ADDRESS_PROBLEMS, DEFAULT_PORT, formatAddress, parseAddress } from '../address.ts';
import type { Candidate, Traced } from '../origin.ts';
import { ownEntry } from '../own-entry.ts';
import type { ResolvedAddress } from '../resolved.ts';
import type { Address } from '../target.ts';
import { type ResolveContext, report } from './context.ts';
import { BUILT_IN, DEFAULT_ADDRESSES } from './defaults.ts';
import { candidates, isNumber, isString, merge, type Section } from './section.ts';

/** Serves every consumer that has no address of its own in a layer. */
export const ANY_NETWORK = 'any';

/** One layer's address, perhaps only a part of it: `REDIS_PORT` alone, say. The higher level wins. */
interface PartialAddress {
  readonly level: number;
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
    partials.sort((a, b) => a.level - b.level);
    const fallback = defaultOf(network, context);
    const address = assemble(partials, fallback);
    if (address === null) continue;
    resolved[network] = address;
    if (fallback !== null && partials.length === 0)
      reportGuess(network, formatAddress(fallback), declared, path, context);
  }
  return resolved;
}

function collect(sections: readonly Section[], path: string, context: ResolveContext): Declared {
  const declared = new Map<string, PartialAddress[]>();
  const add = (network: string, partial: PartialAddress): void => {
    declared.set(network, [...(declared.get(network) ?? []), partial]);
  };
  for (const [level, section] of sections.entries()) {
    const addresses = section.sub('addresses');
    for (const network of Object.keys(addresses?.values ?? {})) {
      const partial = addresses === null ? null : readDeclared(addresses, network, `${path}.addresses`, context);
      add(network, { level, ...partial }); // what cannot be read was reported; it is not as if nothing had been said
    }
    const variables = section.sub('address');
    if (variables !== null) add(context.ownNetwork, { level, ...readVariables(variables) });
  }
  return declared;
}

function readDeclared(
  addresses: Section,
  network: string,
  path: string,
  context: ResolveContext,
): Omit<PartialAddress, 'level'> | null {
  const origin = addresses.originOf(network);
  const parsed = parseAddress(String(addresses.values[network]));
  if (!parsed.ok) {
    const [message, fix] = ADDRESS_PROBLEMS[parsed.problem];
    report(context, 'ADDRESS_INVALID', { path: `${path}.${network}`, origin }, message, fix);
    return null;
  }
  const { address } = parsed;
  if ('path' in address) return { path: { value: address.path, origin } };
  return { host: { value: address.host, origin }, port: { value: address.port, origin } };
}

function readVariables(variables: Section): Omit<PartialAddress, 'level'> {
  const host = candidates([variables], 'host', isString).at(-1);
  const port = candidates([variables], 'port', isNumber).at(-1);
  const path = candidates([variables], 'path', isString).at(-1);
  return { ...(host && { host }), ...(port && { port }), ...(path && { path }) };
}

/**
 * Host and port may come from different layers; a socket path and a host exclude each other, the higher one wins.
 * The default address lies below all of them, but its port belongs to its host: another host has Redis's own port.
 */
function assemble(partials: readonly PartialAddress[], fallback: TcpAddress | null): ResolvedAddress | null {
  const lowest: PartialAddress[] =
    fallback === null ? [] : [{ level: -1, host: { value: fallback.host, origin: BUILT_IN } }];
  const places = [...lowest, ...partials].filter(({ host, path }) => host !== undefined || path !== undefined);
  const winner = places.at(-1);
  if (winner === undefined) return null;
  const shadowed = places.slice(0, -1).reverse();
  if (winner.path !== undefined) {
    const leaf = { ...winner.path, shadowed: shadowed.flatMap((place) => place.path ?? place.host ?? []) };
    return { value: { path: leaf.value }, leaves: { path: leaf } };
  }
  if (winner.host === undefined) return null;
  const host = { ...winner.host, shadowed: shadowed.flatMap((place) => place.host ?? socketOf(place)) };
  const port = assemblePort(partials, host.value, fallback);
  return { value: { host: host.value, port: port.value }, leaves: { host, port } };
}

function assemblePort(partials: readonly PartialAddress[], host: string, fallback: TcpAddress | null): Traced<number> {
  const ports = partials.flatMap((partial) => partial.port ?? []);
  const lowest = fallback === null ? [] : [{ value: fallback.port, origin: BUILT_IN }];
  const declared = ports.length === 0 ? null : merge([...lowest, ...ports]);
  if (declared !== null) return declared;
  return { value: fallback?.host === host ? fallback.port : DEFAULT_PORT, origin: BUILT_IN, shadowed: [] };
}

function socketOf({ path }: PartialAddress): Candidate<string>[] {
  return path === undefined ? [] : [{ value: formatAddress({ path: path.value }), origin: path.origin }];
}

type TcpAddress = { readonly host: string; readonly port: number };

/** The address that development and test have where nobody declares one. */
function defaultOf(network: string, context: ResolveContext): TcpAddress | null {
  const text = ownEntry(DEFAULT_ADDRESSES[context.environment.name] ?? {}, network);
  const parsed = text === undefined ? null : parseAddress(text);
  return parsed?.ok === true && 'host' in parsed.address ? parsed.address : null;
}

/** A default is no surprise where nothing is declared; where another network is, this one was forgotten. */
function reportGuess(network: string, text: string, declared: Declared, path: string, context: ResolveContext): void {
  const isPlace = ({ host, path: socket }: PartialAddress): boolean => host !== undefined || socket !== undefined;
  const others = [...declared].filter(([, partials]) => partials.some(isPlace)).map(([name]) => name);
  if (others.length === 0) return;
  const place = { path: `${path}.addresses.${network}`, origin: BUILT_IN };
  const message = `No address is declared for the network ${network}, though there is one for ${others.join(', ')}; ${text} is a guess.`;
  report(context, 'ADDRESS_DEFAULTED', place, message, `Declare ${path}.addresses.${network}.`);
}

/** All that somebody says about a network's address, winner first: for hints. Built-in defaults are nobody's word. */
export function mentioned(address: ResolvedAddress | undefined): Address[] {
  if (address === undefined) return [];
  const { host, port } = address.leaves;
  if (host === undefined || port === undefined) return [address.value];
  const hosts = [host, ...host.shadowed].filter(({ origin }) => origin !== BUILT_IN);
  const ports = [port, ...port.shadowed];
  const pairs = hosts.flatMap((h) =>
    ports.filter((p) => p.origin === h.origin).map((p) => ({ host: h.value, port: p.value })),
  );
  const seen = new Set<string>();
  return [address.value, ...pairs].filter((pair) => !seen.has(formatAddress(pair)) && seen.add(formatAddress(pair)));
}
