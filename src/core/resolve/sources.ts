import { formatAddress } from '../address.ts';
import { isStrict } from '../environment.ts';
import { markIn } from '../marks.ts';
import { interpretVariables } from '../variables/interpret.ts';
import { WELL_KNOWN_CONNECTIONS } from '../variables/strangers.ts';
import type { InterpretedLayer } from '../variables.ts';
import type { AccessSettings } from './access.ts';
import { ANY_NETWORK } from './addresses.ts';
import { type ResolveContext, report } from './context.ts';
import { variableSection } from './deployment.ts';
import type { ResolveInput } from './input.ts';
import { networksOfNodes } from './nodes.ts';
import { documentSection, type Section, subsections, uniformSection } from './section.ts';

/** Base and overlay of the current environment. */
export function catalogLayers(input: ResolveInput): Section[] {
  if (input.catalog === null) return [];
  const { file, document, marks } = input.catalog;
  const base = documentSection('catalog-base', file, document, marks);
  const { name } = input.environment;
  const overlay = document.environments?.[name];
  if (overlay === undefined || overlay === null) return [base];
  return [base, documentSection('catalog-environment', file, overlay, markIn(markIn(marks, 'environments'), name))];
}

/** `defaults` is a layer of its own, below the base, whichever part of the catalog it stands in. */
export function asDefaults(section: Section): Section {
  return {
    layer: 'catalog-defaults',
    values: section.values,
    originOf: (key) => ({ ...section.originOf(key), layer: 'catalog-defaults' }),
    sub: (key) => {
      const part = section.sub(key);
      return part === null ? null : asDefaults(part);
    },
  };
}

export function deploymentNames(layers: readonly Section[]): string[] {
  const names = new Set(subsections(layers, 'deployments').flatMap((section) => Object.keys(section.values)));
  return names.size === 0 ? ['main'] : [...names];
}

/** The only deployment, else `main`, else `default`, else none. */
export function chooseDefault(names: readonly string[]): string | null {
  if (names.length === 1) return names[0] ?? null;
  return ['main', 'default'].find((name) => names.includes(name)) ?? null;
}

export const DEFAULT_CONNECTION = 'default';

/** Which connections a variable may speak of: those that the catalog declares; without one, the usual ones. */
function connectionNames(layers: readonly Section[]): Set<string> {
  const names = new Set(layers.length === 0 ? WELL_KNOWN_CONNECTIONS : []);
  for (const services of subsections(layers, 'services')) {
    for (const service of Object.keys(services.values)) {
      for (const name of Object.keys(services.sub(service)?.sub('connections')?.values ?? {})) names.add(name);
    }
  }
  names.delete(DEFAULT_CONNECTION); // that is REDIS_URL itself
  return names;
}

export function readVariables(
  input: ResolveInput,
  layers: readonly Section[],
  deployments: readonly string[],
  defaultDeployment: string | null,
  context: ResolveContext,
): InterpretedLayer[] {
  const owners = { defaultDeployment, deployments, connections: connectionNames(layers) };
  return input.variables.map((layer) => {
    const { interpreted, findings } = interpretVariables(layer, owners, {
      environment: input.environment.name,
      readings: input.readings,
    });
    context.findings.push(...findings);
    return interpreted;
  });
}

/** Callers and waiver of the service's own settings, in the shape of the catalog. */
export function accessSections({ callers, waive }: AccessSettings): Section[] {
  const section = (variable: string, access: Readonly<Record<string, unknown>>): Section =>
    uniformSection({ layer: 'process', variable }, { access });
  return [
    section('BEACON_CALLERS', { callers }),
    ...(waive === null ? [] : [section('BEACON_ACCESS_WAIVE', { waive })]),
  ];
}

export function collectNetworks(layers: readonly Section[], ownNetwork: string): string[] {
  const networks = new Set(['container', 'host', ownNetwork]);
  for (const deployments of subsections(layers, 'deployments')) {
    for (const name of Object.keys(deployments.values)) {
      const deployment = deployments.sub(name);
      const named = [
        ...Object.keys(deployment?.sub('addresses')?.values ?? {}),
        ...networksOfNodes(deployment?.values.nodes),
        ...networksOfNodes(deployment?.sub('sentinel')?.values.nodes),
      ];
      for (const network of named) networks.add(network);
    }
  }
  networks.delete(ANY_NETWORK);
  return [...networks];
}

/** The services that exist; null: every valid name is one. */
export function chooseServices(
  input: ResolveInput,
  layers: readonly Section[],
  context: ResolveContext,
): string[] | null {
  if (input.catalog !== null) {
    const place = { path: 'services', origin: { layer: 'catalog-base', file: input.catalog.file } } as const;
    if (input.services !== null) {
      const message = 'BEACON_SERVICES is set, but the catalog names the services.';
      report(context, 'SERVICES_VARIABLE_UNUSED', place, message, 'Remove the variable.');
    }
    const names = new Set(subsections(layers, 'services').flatMap((section) => Object.keys(section.values)));
    if (names.size === 0)
      report(context, 'SERVICES_MISSING', place, 'The catalog declares no service.', 'Add them under `services`.');
    return [...names];
  }
  if (input.services !== null) return [...new Set(input.services)];
  if (!isStrict(input.environment.name)) return null;
  const place = { path: 'services', origin: null };
  const message = `${input.environment.name} has neither a catalog nor BEACON_SERVICES, so there is nobody to serve.`;
  const fix = 'Mount a catalog (BEACON_CATALOG), or set BEACON_SERVICES=backend,auth.';
  report(context, 'SERVICES_MISSING', place, message, fix);
  return [];
}

export function deploymentSections(
  name: string,
  input: ResolveInput,
  layers: readonly Section[],
  variables: readonly InterpretedLayer[],
): Section[] {
  const own = variables.flatMap((layer) => {
    const settings = layer.deployments.get(name);
    return settings === undefined ? [] : [variableSection(layer.layer, settings)];
  });
  const embedded =
    input.embedded === null
      ? []
      : [uniformSection({ layer: 'embedded' }, { addresses: { [ANY_NETWORK]: formatAddress(input.embedded) } })];
  return [...embedded, ...subsections(subsections(layers, 'deployments'), name), ...own];
}

export function connectionSection(layer: InterpretedLayer, connection: string): [Section] | null {
  const settings = layer.connections.get(connection);
  return settings === undefined ? null : [variableSection(layer.layer, settings)];
}
