import { ownEntry } from '../own-entry.ts';
import { formatRedisUrl } from '../redis-url.ts';
import type {
  ResolvedConnection,
  ResolvedDeployment,
  ResolvedService,
  ResolvedTls,
  TracedFields,
} from '../resolved.ts';
import type { Address } from '../target.ts';

export type Deployments = ReadonlyMap<string, ResolvedDeployment>;

/** A service as `GET /config/:service` gives it in one network, or the deployments that the network cannot reach. */
export type RenderedService =
  | { readonly ok: true; readonly connections: readonly (readonly [name: string, json: string])[] }
  | { readonly ok: false; readonly unreachable: readonly string[] };

/** Renders the connections of a service in a network. This is the one place where secrets become text. */
export function renderService(service: ResolvedService, deployments: Deployments, network: string): RenderedService {
  const unreachable = new Set<string>();
  const connections: [string, string][] = [];
  for (const connection of service.connections) {
    const deployment = deployments.get(connection.deployment.value);
    const nodes = deployment === undefined ? null : nodesIn(deployment, network);
    if (deployment === undefined || nodes === null) unreachable.add(connection.deployment.value);
    else
      connections.push([
        connection.name,
        JSON.stringify(renderConnection(service.name, connection, deployment, nodes, network)),
      ]);
  }
  if (unreachable.size > 0) return { ok: false, unreachable: [...unreachable] };
  return { ok: true, connections };
}

/** The addresses of a deployment's nodes (for Sentinel: of the sentinels) in a network; null where it has none. */
export function nodesIn(deployment: ResolvedDeployment, network: string): readonly Address[] | null {
  if (deployment.topology.value === 'sentinel')
    return ownEntry(deployment.sentinel?.nodes ?? {}, network)?.value ?? null;
  if (deployment.topology.value === 'cluster') return ownEntry(deployment.cluster?.nodes ?? {}, network)?.value ?? null;
  const address = ownEntry(deployment.addresses, network);
  return address === undefined ? null : [address.value];
}

function renderConnection(
  service: string,
  connection: ResolvedConnection,
  deployment: ResolvedDeployment,
  nodes: readonly Address[],
  network: string,
): Record<string, unknown> {
  const topology = deployment.topology.value;
  const single = topology === 'standalone' ? nodes[0] : undefined;
  const password = deployment.auth.password.value;
  const username = deployment.auth.username.value ?? (password === null ? null : 'default');
  const tls = deployment.tls.enabled.value;
  return {
    deployment: deployment.name,
    topology,
    fingerprint: deployment.fingerprint,
    url:
      single === undefined
        ? null
        : formatRedisUrl({ address: single, tls, username, password, db: connection.db.value }),
    host: single !== undefined && 'host' in single ? single.host : null,
    port: single !== undefined && 'host' in single ? single.port : null,
    path: single !== undefined && 'path' in single ? single.path : null,
    nodes: topology === 'sentinel' ? [] : nodes,
    sentinel: renderSentinel(deployment, nodes),
    natMap: ownEntry(deployment.natMap, network)?.value ?? null,
    db: connection.db.value,
    username,
    password: password?.reveal() ?? null,
    tls: renderTls(deployment.tls),
    clientName: `${service}:${connection.name}`,
    keyPrefix: connection.keyPrefix.value,
    workload: connection.workload.value,
    pool: plain(connection.pool),
    timeouts: plain(connection.timeouts),
    retry: plain(connection.retry),
    healthCheckIntervalMs: connection.healthCheckIntervalMs.value,
  };
}

function renderSentinel({ sentinel }: ResolvedDeployment, nodes: readonly Address[]): Record<string, unknown> | null {
  if (sentinel === null) return null;
  return {
    master: sentinel.master.value,
    nodes,
    username: sentinel.auth.username.value,
    password: sentinel.auth.password.value?.reveal() ?? null,
    tls: sentinel.tls.value,
  };
}

function renderTls(tls: ResolvedTls): Record<string, unknown> | null {
  if (!tls.enabled.value) return null;
  return {
    ca: tls.ca.value?.reveal() ?? null,
    cert: tls.cert.value?.reveal() ?? null,
    key: tls.key.value?.reveal() ?? null,
    servername: tls.servername.value,
    rejectUnauthorized: tls.rejectUnauthorized.value,
    minVersion: tls.minVersion.value,
  };
}

/** Most connections share these parts, so that most need not be made plain again. */
const plainParts = new WeakMap<object, object>();

/** The values without their origins; the same object for the same fields. */
export function plain<T extends object>(fields: TracedFields<T>): Readonly<T> {
  const known = plainParts.get(fields) ?? withoutOrigins(fields);
  plainParts.set(fields, known);
  return known as T; // one entry for each field, by construction
}

function withoutOrigins(fields: object): object {
  return Object.fromEntries(Object.entries<{ value: unknown }>({ ...fields }).map(([key, { value }]) => [key, value]));
}
