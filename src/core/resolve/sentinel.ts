import type { ResolvedSentinel } from '../resolved.ts';
import { resolveAuth } from './auth.ts';
import { type ResolveContext, report } from './context.ts';
import { BUILT_IN } from './defaults.ts';
import { resolveNodes } from './nodes.ts';
import { candidates, isBoolean, isString, merge, type Section, subsections } from './section.ts';

const SENTINEL_PORT = 26_379;

/** Sentinels, the master they know, and their own credentials and TLS, which are not those of the data nodes. */
export function resolveSentinel(
  sections: readonly Section[],
  networks: readonly string[],
  path: string,
  context: ResolveContext,
): ResolvedSentinel | null {
  const parts = subsections(sections, 'sentinel');
  const master = merge(candidates(parts, 'master', isString));
  const nodes = resolveNodes(parts, networks, SENTINEL_PORT, `${path}.sentinel.nodes`, context);
  const missing = [...(master === null ? ['master'] : []), ...(Object.keys(nodes).length === 0 ? ['nodes'] : [])];
  for (const key of missing) {
    const message = `The topology is sentinel, but sentinel.${key} is missing.`;
    const origin = merge(candidates(sections, 'topology', isString))?.origin ?? null;
    const fix = `Set ${path}.sentinel.${key}.`;
    report(context, 'TOPOLOGY_INCOMPLETE', { path: `${path}.sentinel.${key}`, origin }, message, fix);
  }
  if (master === null) return null;
  const tls = merge(candidates(parts, 'tls', isBoolean)) ?? { value: false, origin: BUILT_IN, shadowed: [] };
  return { master, nodes, auth: resolveAuth(parts, `${path}.sentinel.auth`, context), tls };
}
