import { formatAddress, isLoopback, parseAddress } from '../address.ts';
import type { Catalog } from '../catalog-schema.ts';
import { ENVIRONMENTS, type EnvironmentName } from '../environment.ts';
import type { Origin } from '../origin.ts';
import type { ResolvedDeployment, ResolvedService } from '../resolved.ts';
import { type ResolveContext, report } from './context.ts';

const NAMES_SHOWN = 5;

/** Collects who uses which database with which prefix, service by service. */
export function createTenancy(): {
  add(service: ResolvedService, deploymentOf: (name: string) => ResolvedDeployment | undefined): void;
  report(context: ResolveContext): void;
} {
  const tenants = new Map<string, { services: Set<string>; origin: Origin; words: string }>();
  return {
    add: (service, deploymentOf) => {
      for (const connection of service.connections) {
        const deployment = deploymentOf(connection.deployment.value);
        if (deployment === undefined) continue;
        const { value: db, origin } = connection.db;
        const prefix = connection.keyPrefix.value;
        const key = JSON.stringify([deployment.fingerprint, db, prefix]);
        const words = `database ${db} of ${deployment.name} with ${prefix === '' ? 'no key prefix' : 'the same key prefix'}`;
        const tenant = tenants.get(key) ?? { services: new Set<string>(), origin, words };
        tenant.services.add(service.name);
        tenants.set(key, tenant);
      }
    },
    report: (context) => {
      for (const { services, origin, words } of tenants.values()) {
        if (services.size < 2) continue;
        const shown = [...services].slice(0, NAMES_SHOWN).join(', ');
        const more = services.size > NAMES_SHOWN ? ` and ${services.size - NAMES_SHOWN} more` : '';
        const message = `${shown}${more} use ${words}: they can overwrite each other's keys.`;
        report(
          context,
          'TENANCY_COLLISION',
          { path: 'services', origin },
          message,
          'Give each its own db or keyPrefix.',
        );
      }
    },
  };
}

/** `host:port` and database of every connection that the catalog alone gives to an environment. */
function databasesOf(catalog: Catalog, environment: EnvironmentName): Map<string, string> {
  const overlay = catalog.environments?.[environment] ?? {};
  const addresses = new Map<string, Set<string>>();
  const names = new Set([...Object.keys(catalog.deployments ?? {}), ...Object.keys(overlay.deployments ?? {})]);
  for (const name of names) {
    const over = overlay.deployments?.[name];
    if ((over?.topology ?? catalog.deployments?.[name]?.topology ?? 'standalone') !== 'standalone') continue;
    const merged = { ...catalog.deployments?.[name]?.addresses, ...over?.addresses };
    addresses.set(name, new Set(Object.values(merged).flatMap(reachable)));
  }
  const databases = new Map<string, string>();
  const services = new Set([...Object.keys(catalog.services ?? {}), ...Object.keys(overlay.services ?? {})]);
  for (const service of services) {
    const base = catalog.services?.[service]?.connections ?? {};
    const over = overlay.services?.[service]?.connections ?? {};
    const connections = new Set([...Object.keys(base), ...Object.keys(over)]);
    if (connections.size === 0) connections.add('default');
    for (const connection of connections) {
      const deployment = over[connection]?.deployment ?? base[connection]?.deployment ?? onlyKey(addresses);
      const db = over[connection]?.db ?? base[connection]?.db ?? 0;
      for (const address of addresses.get(deployment ?? '') ?? []) databases.set(`${address}/${db}`, deployment ?? '');
    }
  }
  return databases;
}

function onlyKey(addresses: ReadonlyMap<string, unknown>): string | undefined {
  return addresses.size === 1 ? addresses.keys().next().value : undefined;
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
export function checkEnvironmentsApart(catalog: Catalog, file: string, context: ResolveContext): void {
  const declared = ENVIRONMENTS.filter((name) => name === 'development' || catalog.environments?.[name] !== undefined);
  const seen = new Map<string, EnvironmentName>();
  const reported = new Set<string>();
  for (const environment of declared) {
    for (const [database, deployment] of databasesOf(catalog, environment)) {
      const other = seen.get(database);
      if (other === undefined) seen.set(database, environment);
      else if (other !== environment && !reported.has(`${other} ${environment} ${deployment}`)) {
        reported.add(`${other} ${environment} ${deployment}`);
        const place = { path: `environments.${environment}`, origin: { layer: 'catalog-environment', file } as const };
        const message = `${other} and ${environment} use the same server and database (${database}).`;
        report(
          context,
          'ENVIRONMENTS_SHARE_DATABASE',
          place,
          message,
          `Give ${environment} its own server, or at least its own db.`,
        );
      }
    }
  }
}
