import type { Registry } from '@prometheus-io/client';
import type { Activation } from './catalog/activation.ts';
import type { DeploymentHealth } from './health/deployment-health.ts';
import type { DeploymentMonitor } from './health/monitor.ts';

export interface MetricsSources {
  readonly activation: Activation;
  readonly monitors: () => ReadonlyMap<string, DeploymentMonitor>;
}

/** A gauge a deployment; null is not exported, because a number would be invented. */
interface DeploymentGauge {
  readonly name: string;
  readonly help: string;
  readonly read: (health: DeploymentHealth) => number | null;
}

/** redis_exporter's names for what the server says, OpenTelemetry's for the pool, our own for the verdict. */
const DEPLOYMENT_GAUGES: readonly DeploymentGauge[] = [
  { name: 'redis_up', help: '1 while Redis answers as configured', read: ({ status }) => (status === 'fail' ? 0 : 1) },
  { name: 'redis_connected_clients', help: 'Clients of the server', read: ({ server }) => server.connectedClients },
  { name: 'redis_config_maxclients', help: 'Limit of clients', read: ({ server }) => server.maxClients },
  { name: 'redis_memory_used_bytes', help: 'Memory of the server', read: ({ server }) => server.usedMemoryBytes },
  { name: 'redis_memory_max_bytes', help: 'Memory limit, 0: none', read: ({ server }) => server.maxMemoryBytes },
  {
    name: 'redis_evicted_keys_total',
    help: 'Keys evicted since the server started',
    read: ({ server }) => server.evictedKeys,
  },
  { name: 'redis_beacon_hit_ratio', help: 'Reads that found their key', read: ({ server }) => server.hitRate },
  {
    name: 'redis_beacon_ping_seconds',
    help: 'Round trip of the last PING',
    read: ({ ping }) => toSeconds(ping.latencyMs),
  },
  {
    name: 'redis_beacon_probe_success_ratio',
    help: 'Successful probes of the last five minutes',
    read: ({ window }) => window.successRate,
  },
  { name: 'db_client_connection_max', help: 'Connections that the pool may open', read: ({ pool }) => pool.max },
  {
    name: 'db_client_connection_pending_requests',
    help: 'Requests that wait for a connection',
    read: ({ pool }) => pool.pending,
  },
];

function toSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

const STATUS_VALUES = ['pass', 'warn', 'fail'] as const;

/** Renders what is already known. The registry is made with the first scrape: most processes never see one at boot. */
export function createMetrics(sources: MetricsSources): () => Promise<{ contentType: string; text: string }> {
  let registry: Promise<Registry> | null = null;
  return async () => {
    registry ??= buildRegistry(sources);
    const ready = await registry;
    return { contentType: ready.contentType, text: await ready.metrics() };
  };
}

async function buildRegistry(sources: MetricsSources): Promise<Registry> {
  const { default: client } = await import('@prometheus-io/client'); // CommonJS: bundled, it has its default only
  const { collectDefaultMetrics, Gauge, Registry: PrometheusRegistry } = client;
  const registry = new PrometheusRegistry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const { activation } = sources;
  const snapshots = (): [string, DeploymentHealth][] =>
    [...sources.monitors()].map(([name, monitor]) => [name, monitor.snapshot()]);
  for (const { name, help, read } of DEPLOYMENT_GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: ['deployment'],
      registers,
      collect() {
        this.reset();
        for (const [deployment, health] of snapshots()) {
          const value = read(health);
          if (value !== null) this.set({ deployment }, value);
        }
      },
    });
  }
  new Gauge({
    name: 'db_client_connection_count',
    help: 'Connections of the pool by state',
    labelNames: ['deployment', 'state'],
    registers,
    collect() {
      this.reset();
      for (const [deployment, { pool }] of snapshots()) {
        this.set({ deployment, state: 'idle' }, pool.idle);
        this.set({ deployment, state: 'used' }, pool.inUse);
      }
    },
  });
  new Gauge({
    name: 'redis_beacon_deployment_status',
    help: '1 for the verdict of the deployment',
    labelNames: ['deployment', 'status'],
    registers,
    collect() {
      this.reset();
      for (const [deployment, { status }] of snapshots())
        for (const each of STATUS_VALUES) this.set({ deployment, status: each }, each === status ? 1 : 0);
    },
  });
  const state = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  state('redis_beacon_revision', 'Number of the active revision, 0: none', () => activation.active?.number ?? 0);
  state('redis_beacon_services', 'Services of the active revision', () => activation.active?.services.size ?? 0);
  state('redis_beacon_catalog_refused', '1 while an update is refused', () => (activation.refusal === null ? 0 : 1));
  state('redis_beacon_catalog_waiting', '1 while a configuration waits for Redis', () =>
    activation.waiting === null ? 0 : 1,
  );
  return registry;
}
