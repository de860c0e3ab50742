import { ADDRESS_PROBLEMS, parseAddress } from '../address.ts';
import { type Candidate, rankOf } from '../origin.ts';
import type { NodesByNetwork } from '../resolved.ts';
import type { Address } from '../target.ts';
import { ANY_NETWORK } from './addresses.ts';
import { type ResolveContext, report } from './context.ts';
import { merge, type Section } from './section.ts';

interface NetworkNodes extends Candidate<readonly Address[]> {
  readonly network: string;
}

/** The nodes of a Sentinel or Cluster deployment by network: one list for all, or a list per network. */
export function resolveNodes(
  sections: readonly Section[],
  networks: readonly string[],
  defaultPort: number,
  path: string,
  context: ResolveContext,
): NodesByNetwork {
  const declared = sections.flatMap((section) => readNodes(section, defaultPort, path, context));
  const resolved: Record<string, NonNullable<NodesByNetwork[string]>> = {};
  for (const network of networks) {
    const own = declared.filter((nodes) => nodes.network === network || nodes.network === ANY_NETWORK);
    own.sort((a, b) => rankOf(a.origin.layer) - rankOf(b.origin.layer) || specificity(a) - specificity(b));
    const traced = merge(own.map(({ value, origin }) => ({ value, origin })));
    if (traced !== null) resolved[network] = traced;
  }
  return resolved;
}

function specificity(nodes: NetworkNodes): number {
  return nodes.network === ANY_NETWORK ? 0 : 1;
}

function readNodes(section: Section, defaultPort: number, path: string, context: ResolveContext): NetworkNodes[] {
  const value = section.values.nodes;
  if (Array.isArray(value)) return [toNodes(ANY_NETWORK, value, section, 'nodes', defaultPort, path, context)];
  const byNetwork = section.sub('nodes');
  return Object.entries(byNetwork?.values ?? {}).flatMap(([network, list]) =>
    Array.isArray(list) && byNetwork !== null
      ? [toNodes(network, list, byNetwork, network, defaultPort, `${path}.${network}`, context)]
      : [],
  );
}

function toNodes(
  network: string,
  list: readonly unknown[],
  section: Section,
  key: string,
  defaultPort: number,
  path: string,
  context: ResolveContext,
): NetworkNodes {
  const origin = section.originOf(key);
  const nodes = list.flatMap((text, index): Address[] => {
    const parsed = parseAddress(String(text));
    if (parsed.ok && 'host' in parsed.address)
      return [{ host: parsed.address.host, port: parsed.portGiven ? parsed.address.port : defaultPort }];
    const [message, fix] = ADDRESS_PROBLEMS[parsed.ok ? 'host' : parsed.problem];
    report(context, 'ADDRESS_INVALID', { path: `${path}.${index}`, origin }, message, fix);
    return [];
  });
  return { network, value: nodes, origin };
}

/** The networks that a `nodes` setting names. */
export function networksOfNodes(value: unknown): string[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}
