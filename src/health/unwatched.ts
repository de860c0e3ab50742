import type { Revision } from '../catalog/revision.ts';
import { createFinding } from '../core/finding.ts';
import type { Unwatched, UnwatchedHealth } from './report.ts';

const known = new WeakMap<Revision, Unwatched>();
const NONE: Unwatched = {};

/** Deployments that this version does not watch: Sentinel and Cluster. What is not observed is not called well. */
export function unwatchedIn(revision: Revision | null): Unwatched {
  if (revision === null) return NONE;
  const found = known.get(revision) ?? Object.fromEntries(describe(revision));
  known.set(revision, found);
  return found;
}

function describe(revision: Revision): [string, UnwatchedHealth][] {
  const others = [...revision.deployments.values()].filter(({ topology }) => topology.value !== 'standalone');
  return others.map(({ name, topology }) => {
    const path = `deployments.${name}`;
    const message = `This version watches standalone deployments only; ${name} is a ${topology.value}.`;
    const fix = 'Ask its nodes; nothing here says whether it is well.';
    const finding = createFinding('TOPOLOGY_NOT_WATCHED', revision.environment.name, {
      path,
      origin: topology.origin,
      message,
      fix,
    });
    return [name, { status: 'warn', reachable: null, readable: null, writable: null, findings: [finding] }];
  });
}
