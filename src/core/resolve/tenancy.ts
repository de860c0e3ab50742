import { formatAddress, isLoopback, parseAddress } from '../address.ts';
import type { Catalog } from '../catalog-schema.ts';
import { ENVIRONMENTS, type EnvironmentName } from '../environment.ts';
import { locate } from '../marks.ts';
import type { Origin } from '../origin.ts';
import { ownEntry } from '../own-entry.ts';
import type { ResolvedDeployment, ResolvedService } from '../resolved.ts';
import { type ResolveContext, report } from './context.ts';
import { DEFAULT_DB } from './defaults.ts';
import type { ResolveInput } from './input.ts';
import { chooseDefault } from './sources.ts';

type DeclaredCatalog = NonNullable<ResolveInput['catalog']>;

const NAMES_SHOWN = 5;

interface Tenant {
  readonly services: Set<string>;
  readonly path: string;
  readonly origin: Origin;
  readonly words: string;
}

/** Collects who uses which database with which prefix, service by service. */
export function createTenancy(ownNetwork: string): {
  add(service: ResolvedService, deploymentOf: (name: string) => ResolvedDeployment | undefined): void;
  report(context: ResolveContext): void;
} {
  const tenants = new Map<string, Tenant>();
  return {
    add: (service, deploymentOf) => {
      for (const connection of service.connections) {
        const deployment = deploymentOf(connection.deployment.value);
        if (deployment === undefined) continue;
        const { value: db, origin } = connection.db;
        const prefix = connection.keyPrefix.value;
        const key = JSON.stringify([serverOf(deployment, ownNetwork), db, prefix]);
        const words = `database ${db} of ${deployment.name} with ${prefix === '' ? 'no key prefix' : 'the same key prefix'}`;
        const path = `services.${service.name}.connections.${connection.name}`;
        const tenant = tenants.get(key) ?? { services: new Set<string>(), path, origin, words };
        tenant.services.add(service.name);
        tenants.set(key, tenant);
      }
    },
    report: (context) => {
      for (const tenant of tenants.values()) if (tenant.services.size > 1) reportCollision(tenant, context);
    },
  };
}

/** Two deployments with one address are one server, whatever else they say. */
function serverOf(deployment: ResolvedDeployment, network: string): string {
  const address = ownEntry(deployment.addresses, network)?.value;
  return address === undefined ? deployment.fingerprint : formatAddress(address).toLowerCase();
}

function reportCollision({ services, path, origin, words }: Tenant, context: ResolveContext): void {
  const shown = [...services].slice(0, NAMES_SHOWN).join(', ');
  const more = services.size > NAMES_SHOWN ? ` and ${services.size - NAMES_SHOWN} more` : '';
  const message = `${shown}${more} use ${words}: they can overwrite each other's keys.`;
  report(context, 'TENANCY_COLLISION', { path, origin }, message, 'Give each its own db or keyPrefix.');
}

/** `host:port` and database of every connection that the catalog alone gives to an environment. */
function databasesOf(catalog: Catalog, environment: EnvironmentName): Map<string, string> {
  const overlay = catalog.environments?.[environment] ?? {};
  const addresses = new Map<string, Set<string>>();
  const names = new Set([...Object.keys(catalog.deployments ?? {}), ...Object.keys(overlay.deployments ?? {})]);
  for (const name of names) {
    const over = overlay.deployments?.[name];
    if ((over?.topology ?? catalog.deployments?.[name]?.topology ?? 'standalone') !== 'standalone') continue;
    // `any` of the overlay goes before every entry of the base
    const base = over?.addresses?.any === undefined ? catalog.deployments?.[name]?.addresses : {};
    const merged = { ...base, ...over?.addresses };
    addresses.set(name, new Set(Object.values(merged).flatMap(reachable)));
  }
  const fallback = chooseDefault([...names]);
  const databases = new Map<string, string>();
  const services = new Set([...Object.keys(catalog.services ?? {}), ...Object.keys(overlay.services ?? {})]);
  for (const service of services) {
    const base = catalog.services?.[service]?.connections ?? {};
    const over = overlay.services?.[service]?.connections ?? {};
    const connections = new Set([...Object.keys(base), ...Object.keys(over)]);
    if (connections.size === 0) connections.add('default');
    for (const connection of connections) {
      const deployment = over[connection]?.deployment ?? base[connection]?.deployment ?? fallback ?? '';
      const db = over[connection]?.db ?? base[connection]?.db ?? DEFAULT_DB[environment] ?? 0;
      for (const address of addresses.get(deployment) ?? []) databases.set(`${address}/${db}`, deployment);
    }
  }
  return databases;
}

/** localhost names another machine in each environment, so it is no evidence of sharing. */
function reachable(text: string): string[] {
  const parsed = parseAddress(text);
  if (!parsed.ok || !('host' in parsed.address) || isLoopback(parsed.address.host)) return [];
  return [formatAddress(parsed.address).toLowerCase()];
}

/**
 * Two environments on one server and database, as far as the catalog says it: the base counts as development,
 * other environments where they have an overlay.
 */
export function checkEnvironmentsApart({ document, file, marks }: DeclaredCatalog, context: ResolveContext): void {
  const declared = ENVIRONMENTS.filter((name) => name === 'development' || document.environments?.[name] !== undefined);
  if (declared.length === 1) return; // nothing to be apart from
  const seen = new Map<string, EnvironmentName>();
  const reported = new Set<string>();
  for (const environment of declared) {
    for (const [database, deployment] of databasesOf(document, environment)) {
      const other = seen.get(database) ?? environment;
      seen.set(database, other);
      if (other === environment || reported.has(`${other} ${environment} ${deployment}`)) continue;
      reported.add(`${other} ${environment} ${deployment}`);
      const path = ['environments', environment];
      const origin = { layer: 'catalog-environment', file, ...locate(marks, path) } as const;
      const message = `${other} and ${environment} use the same server and database (${database}).`;
      const fix = `Give ${environment} its own server, or at least its own db.`;
      report(context, 'ENVIRONMENTS_SHARE_DATABASE', { path: path.join('.'), origin }, message, fix);
    }
  }
}
