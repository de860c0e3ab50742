import { ADDRESS_PROBLEMS, DEFAULT_PORT, parseAddress } from '../address.ts';
import type { Traced } from '../origin.ts';
import type { NatMapByNetwork, ResolvedCluster } from '../resolved.ts';
import { type ResolveContext, report } from './context.ts';
import { resolveNodes } from './nodes.ts';
import { candidates, isString, merge, type Section, subsections } from './section.ts';

type NatMap = Readonly<Record<string, string>>;

function isNatMap(value: unknown): value is NatMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Start-up nodes of a Cluster. */
export function resolveCluster(
  sections: readonly Section[],
  networks: readonly string[],
  path: string,
  context: ResolveContext,
): ResolvedCluster {
  const nodes = resolveNodes(sections, networks, DEFAULT_PORT, `${path}.nodes`, context);
  if (Object.keys(nodes).length === 0) {
    const origin = merge(candidates(sections, 'topology', isString))?.origin ?? null;
    const message = 'The topology is cluster, but nodes is missing.';
    report(context, 'TOPOLOGY_INCOMPLETE', { path: `${path}.nodes`, origin }, message, `Set ${path}.nodes.`);
  }
  return { nodes };
}

/** How a network reaches the addresses that Sentinels or Cluster nodes announce. */
export function resolveNatMap(
  sections: readonly Section[],
  networks: readonly string[],
  path: string,
  context: ResolveContext,
): NatMapByNetwork {
  const maps = subsections(sections, 'natMap');
  const natMap: Record<string, Traced<NatMap>> = {};
  for (const network of networks) {
    const traced = merge(candidates(maps, network, isNatMap));
    if (traced === null) continue;
    checkNatMap(traced, `${path}.natMap.${network}`, context);
    natMap[network] = traced;
  }
  return natMap;
}

function checkNatMap(map: Traced<NatMap>, path: string, context: ResolveContext): void {
  for (const text of Object.entries(map.value).flat()) {
    const parsed = parseAddress(text);
    if (parsed.ok && 'host' in parsed.address && parsed.portGiven) continue;
    const [message, fix] = ADDRESS_PROBLEMS[parsed.ok ? 'port' : parsed.problem];
    report(context, 'ADDRESS_INVALID', { path, origin: map.origin }, message, fix);
  }
}
