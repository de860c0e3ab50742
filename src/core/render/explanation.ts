import type { Candidate, Origin, Traced } from '../origin.ts';
import type { ResolvedAddress, ResolvedDeployment, ResolvedService } from '../resolved.ts';
import { Secret } from '../secret.ts';

/**
 * The redacted views of `GET /debug/redis-config`: each leaf is `{ value, origin, shadowed }`. Secrets redact
 * themselves when they become JSON, so nothing here reveals one.
 */
export function explainDeployment(deployment: ResolvedDeployment): Record<string, unknown> {
  const { name: _, fingerprint, addresses, sentinel, cluster, natMap, waive, ...leaves } = deployment;
  const standalone = deployment.topology.value === 'standalone';
  return {
    ...leaves,
    auth: { ...leaves.auth, username: hideLoneUser(leaves.auth) },
    ...(standalone ? { addresses: mapValues(addresses, ({ leaves: parts }: ResolvedAddress) => parts) } : {}),
    ...(sentinel === null ? {} : { sentinel }),
    ...(cluster === null ? {} : { cluster }),
    ...(standalone ? {} : { natMap }),
    waive,
    fingerprint: derived(fingerprint),
  };
}

export function explainService(service: ResolvedService): Record<string, unknown> {
  const connections = service.connections.map(({ name, ...leaves }) => [
    name,
    { ...leaves, clientName: derived(`${service.name}:${name}`) },
  ]);
  return { connections: Object.fromEntries(connections) };
}

/**
 * In `redis://secret@host` a password lost its colon and became the user: a user whose URL states no password is not
 * shown.
 */
function hideLoneUser({ username, password }: ResolvedDeployment['auth']): Traced<string | Secret | null> {
  const stated = [password, ...password.shadowed].map(({ origin }) => placeOf(origin));
  const hide = ({ value, origin }: Candidate<string | null>): Candidate<string | Secret | null> => {
    const isLone = /_URL(_FILE)?$/.test(origin.variable ?? '') && !stated.includes(placeOf(origin));
    return { value: isLone && value !== null ? new Secret(value) : value, origin };
  };
  return { ...hide(username), shadowed: username.shadowed.map(hide) };
}

function placeOf({ layer, variable }: Origin): string {
  return `${layer} ${variable}`;
}

function derived<T>(value: T): { value: T; origin: null; shadowed: [] } {
  return { value, origin: null, shadowed: [] };
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** A leaf of the tree with its dotted path. */
export type Leaf = readonly [path: string, leaf: Omit<Traced<unknown>, 'origin'> & { readonly origin: Origin | null }];

/** Nothing else has these two keys. */
export function isLeaf(view: unknown): view is Leaf[1] {
  return typeof view === 'object' && view !== null && 'value' in view && 'shadowed' in view;
}

/** Flattens an explanation to its leaves, in order. */
export function* leavesOf(view: unknown, path: string): Generator<Leaf> {
  if (typeof view !== 'object' || view === null) return;
  if (isLeaf(view)) {
    yield [path, view];
    return;
  }
  for (const [key, child] of Object.entries(view)) yield* leavesOf(child, `${path}.${key}`);
}
