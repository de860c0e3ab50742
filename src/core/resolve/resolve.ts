import type { Access } from '../access.ts';
import type { Environment } from '../environment.ts';
import type { Finding } from '../finding.ts';
import { didYouMean } from '../nearest.ts';
import type { Candidate, Traced } from '../origin.ts';
import type { ResolvedConnection, ResolvedDeployment, ResolvedService } from '../resolved.ts';
import type { Address } from '../target.ts';
import type { InterpretedLayer } from '../variables.ts';
import { type AccessSettings, resolveAccess } from './access.ts';
import { resolveConnection, resolveSharedParts, type SharedParts } from './connection.ts';
import { type ResolveContext, report } from './context.ts';
import { BUILT_IN, BUILT_IN_CONNECTION } from './defaults.ts';
import { resolveDeployment } from './deployment.ts';
import type { ResolveInput } from './input.ts';
import { candidates, isNumber, isString, merge, type Section, subsections, uniformSection } from './section.ts';
import * as sources from './sources.ts';
import { checkEnvironmentsApart, createTenancy } from './tenancy.ts';

/** A configuration in the making: deployments and access are there, services are resolved one by one. */
export interface Resolution {
  readonly environment: Environment;
  readonly ownNetwork: string;
  readonly networks: readonly string[];
  readonly access: Access;
  /** Null: every valid name is a service. */
  readonly serviceNames: readonly string[] | null;
  /** Grows while services are resolved: a connection's own URL makes a deployment of its own. */
  readonly deployments: ReadonlyMap<string, ResolvedDeployment>;
  readonly findings: readonly Finding[];
  resolveService(name: string): ResolvedService;
  /** The checks across services; call it once, after the last service. */
  finish(): void;
}

/** What is known before the first service is resolved. */
interface Parts {
  readonly input: ResolveInput;
  readonly context: ResolveContext;
  readonly layers: readonly Section[];
  readonly defaults: readonly Section[];
  readonly variables: readonly InterpretedLayer[];
  readonly networks: readonly string[];
  readonly defaultDeployment: string | null;
  readonly deployments: Map<string, ResolvedDeployment>;
  readonly shared: SharedParts;
}

/** Merges the layers. What is not per service happens here, the rest in {@link Resolution.resolveService}. */
export function resolve(input: ResolveInput): Resolution {
  const parts = resolveParts(input);
  const { context, layers, deployments } = parts;
  const serviceNames = sources.chooseServices(input, layers, context);
  const settings = uniformSection(BUILT_IN, { access: withoutNull(input.access) });
  const known = serviceNames === null ? null : new Set(serviceNames);
  const tenancy = createTenancy();
  return {
    environment: input.environment,
    ownNetwork: input.ownNetwork,
    networks: parts.networks,
    access: resolveAccess([settings, ...layers], known, context),
    serviceNames,
    deployments,
    findings: context.findings,
    resolveService: (name) => {
      const service = resolveService(name, parts);
      tenancy.add(service, (deployment) => deployments.get(deployment));
      return service;
    },
    finish: () => {
      tenancy.report(context);
      if (input.catalog !== null) checkEnvironmentsApart(input.catalog.document, input.catalog.file, context);
    },
  };
}

function withoutNull({ callers, waive }: AccessSettings): Record<string, unknown> {
  return waive === null ? { callers } : { callers, waive };
}

function resolveParts(input: ResolveInput): Parts {
  const { environment, ownNetwork, readings } = input;
  const context: ResolveContext = { environment, ownNetwork, readings, findings: [] };
  const layers = sources.catalogLayers(input);
  const names = sources.deploymentNames(layers);
  const defaultDeployment = sources.chooseDefault(names);
  const defaults = [BUILT_IN_CONNECTION, ...subsections(layers, 'defaults').map(sources.asDefaults)];
  const parts: Parts = {
    input,
    context,
    layers,
    defaults,
    variables: sources.readVariables(input, layers, names, defaultDeployment, context),
    networks: sources.collectNetworks(layers, ownNetwork),
    defaultDeployment,
    deployments: new Map(),
    shared: resolveSharedParts(defaults, 'defaults', context),
  };
  for (const name of names)
    addDeployment(name, sources.deploymentSections(name, input, layers, parts.variables), parts);
  return parts;
}

function addDeployment(name: string, sections: readonly Section[], parts: Parts): void {
  const { defaults, networks, context } = parts;
  const deployment = resolveDeployment({ name, sections, defaults }, networks, context);
  parts.deployments.set(name, deployment);
  demandAddress(deployment, name === parts.defaultDeployment, context);
}

function resolveService(service: string, parts: Parts): ResolvedService {
  const services = subsections(subsections(parts.layers, 'services'), service);
  const declared = subsections(services, 'connections');
  const names = new Set(declared.flatMap((section) => Object.keys(section.values)));
  if (names.size === 0) for (const name of impliedConnections(parts)) names.add(name);
  const connections = [...names].flatMap((name) => resolveOne(service, name, subsections(declared, name), parts) ?? []);
  return { name: service, connections };
}

/** A service that declares none has `default`; without a catalog also those that variables speak of. */
function impliedConnections(parts: Parts): string[] {
  if (parts.input.catalog !== null) return [sources.DEFAULT_CONNECTION];
  return [sources.DEFAULT_CONNECTION, ...parts.variables.flatMap((layer) => [...layer.connections.keys()])];
}

function resolveOne(
  service: string,
  name: string,
  sections: readonly Section[],
  parts: Parts,
): ResolvedConnection | null {
  const { context, defaults, shared, deployments } = parts;
  const path = `services.${service}.connections.${name}`;
  const chosen = chooseDeployment(sections, parts.defaultDeployment, deployments, `${path}.deployment`, context);
  if (chosen === null) return null;
  const own = parts.variables.flatMap((layer) => sources.connectionSection(layer, name) ?? []);
  const deployment = deployments.get(deriveDeployment(chosen.value, name, own, parts));
  if (deployment === undefined) return null;
  const dbVariables = [
    ...(name === sources.DEFAULT_CONNECTION ? variableDbs(deployment.db) : []),
    ...candidates(own, 'db', isNumber),
  ];
  const traced = { ...chosen, value: deployment.name };
  return resolveConnection(
    { name, path, sections, defaults, shared, deployment: traced, dbVariables },
    deployment,
    context,
  );
}

/** A connection with an address, credential or TLS of its own is on a deployment of its own, named after both. */
function deriveDeployment(base: string, connection: string, own: readonly Section[], parts: Parts): string {
  if (!own.some(changesDeployment)) return base;
  const name = `${base}-${connection}`;
  if (!parts.deployments.has(name)) {
    const sections = sources.deploymentSections(base, parts.input, parts.layers, parts.variables);
    const moved = movesElsewhere(own, parts.deployments.get(base)?.addresses[parts.context.ownNetwork]?.value);
    addDeployment(name, [...(moved ? sections.map(withoutAuth) : sections), ...own], parts);
  }
  return name;
}

/** A database alone is no other deployment; an address, a credential or TLS is. */
function changesDeployment(section: Section): boolean {
  return ['address', 'auth', 'tls'].some((key) => section.sub(key) !== null);
}

/** Another server must not be sent the credentials of this one. */
function movesElsewhere(own: readonly Section[], base: Address | undefined): boolean {
  const parts = subsections(own, 'address');
  const host = merge(candidates(parts, 'host', isString))?.value;
  const port = merge(candidates(parts, 'port', isNumber))?.value;
  if (parts.length === 0) return false;
  if (base === undefined || 'path' in base) return true;
  return (host ?? base.host) !== base.host || (port ?? base.port) !== base.port;
}

function withoutAuth(section: Section): Section {
  return { ...section, sub: (key) => (key === 'auth' ? null : section.sub(key)) };
}

function variableDbs(db: Traced<number>): Candidate<number>[] {
  return [...db.shadowed.toReversed(), { value: db.value, origin: db.origin }].filter(
    ({ origin }) => origin.variable !== undefined,
  );
}

function chooseDeployment(
  sections: readonly Section[],
  fallback: string | null,
  known: ReadonlyMap<string, ResolvedDeployment>,
  path: string,
  context: ResolveContext,
): Traced<string> | null {
  const named = merge(candidates(sections, 'deployment', isString));
  if (named === null) {
    if (fallback !== null) return { value: fallback, origin: BUILT_IN, shadowed: [] };
    const fix = `Set ${path} to one of: ${[...known.keys()].join(', ')}.`;
    report(
      context,
      'CONNECTION_DEPLOYMENT_AMBIGUOUS',
      { path, origin: null },
      'No deployment is named, and there are several.',
      fix,
    );
    return null;
  }
  if (known.has(named.value)) return named;
  const message = `There is no deployment ${named.value}${didYouMean(named.value, known.keys())}.`;
  report(
    context,
    'DEPLOYMENT_UNKNOWN',
    { path, origin: named.origin },
    message,
    `Use one of: ${[...known.keys()].join(', ')}.`,
  );
  return null;
}

/** Where this process runs there must be an address: it proves and watches what it serves. */
function demandAddress(deployment: ResolvedDeployment | undefined, isDefault: boolean, context: ResolveContext): void {
  if (deployment === undefined || deployment.topology.value !== 'standalone') return;
  if (deployment.addresses[context.ownNetwork] !== undefined) return;
  const prefix = isDefault ? 'REDIS' : `REDIS_${deployment.name.toUpperCase().replaceAll('-', '_')}`;
  const path = `deployments.${deployment.name}.addresses.${context.ownNetwork}`;
  const message = `${deployment.name} has no address in the network ${context.ownNetwork}.`;
  const fix = `Declare ${path} (or .any), or set ${prefix}_URL or ${prefix}_HOST.`;
  const near = didYouMean(context.ownNetwork, Object.keys(deployment.addresses));
  report(context, 'ADDRESS_MISSING', { path, origin: null }, message, near === '' ? fix : `${fix}${near}`);
}
