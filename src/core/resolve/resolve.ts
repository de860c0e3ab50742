import type { Access } from '../access.ts';
import type { Environment } from '../environment.ts';
import type { Finding } from '../finding.ts';
import { didYouMean } from '../nearest.ts';
import type { Candidate, Origin, Traced } from '../origin.ts';
import type { ResolvedConnection, ResolvedDeployment, ResolvedService } from '../resolved.ts';
import { type InterpretedLayer, toInfix } from '../variables.ts';
import { resolveAccess } from './access.ts';
import { resolveConnection, resolveSharedParts, type SharedParts } from './connection.ts';
import { type ResolveContext, report } from './context.ts';
import { BUILT_IN, BUILT_IN_CONNECTION } from './defaults.ts';
import { resolveDeployment } from './deployment.ts';
import { changesDeployment, deriveSources, nameDerived, traceDerived } from './derived.ts';
import type { ResolveInput } from './input.ts';
import { candidates, isNumber, isString, merge, type Section, subsections } from './section.ts';
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
  /** Those of connections with variables of their own, by base and connection. */
  readonly derived: Map<string, ResolvedDeployment>;
  readonly shared: SharedParts;
}

/** Merges the layers. What is not per service happens here, the rest in {@link Resolution.resolveService}. */
export function resolve(input: ResolveInput): Resolution {
  const parts = resolveParts(input);
  const { context, layers, deployments } = parts;
  const serviceNames = sources.chooseServices(input, layers, context);
  const known = serviceNames === null ? null : new Set(serviceNames);
  const tenancy = createTenancy(input.ownNetwork);
  return {
    environment: input.environment,
    ownNetwork: input.ownNetwork,
    networks: parts.networks,
    access: resolveAccess([...layers, ...sources.accessSections(input.access)], known, context),
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
      if (input.catalog !== null) checkEnvironmentsApart(input.catalog, context);
    },
  };
}

function resolveParts(input: ResolveInput): Parts {
  const { environment, ownNetwork, readings } = input;
  const context: ResolveContext = { environment, ownNetwork, readings, findings: [], reported: new Set() };
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
    derived: new Map(),
    shared: resolveSharedParts(defaults, 'defaults', context),
  };
  for (const name of names)
    addDeployment(name, sources.deploymentSections(name, input, layers, parts.variables), parts);
  return parts;
}

function addDeployment(name: string, sections: readonly Section[], parts: Parts): void {
  const { defaults, networks, context } = parts;
  const deployment = resolveDeployment({ name, sections, defaults, isDeclared: true }, networks, context);
  parts.deployments.set(name, deployment);
  demandAddress(deployment, name === parts.defaultDeployment, context);
}

function resolveService(service: string, parts: Parts): ResolvedService {
  const services = subsections(subsections(parts.layers, 'services'), service);
  const declared = subsections(services, 'connections');
  const names = new Set(declared.flatMap((section) => Object.keys(section.values)));
  if (names.size === 0) for (const name of impliedConnections(parts)) names.add(name);
  const connections = [...names].flatMap((name) => {
    const origin = originOf(name, declared) ?? originOf(service, subsections(parts.layers, 'services'));
    return resolveOne({ service, name, origin }, subsections(declared, name), parts) ?? [];
  });
  return { name: service, connections };
}

function originOf(key: string, sections: readonly Section[]): Origin | null {
  return sections.findLast(({ values }) => Object.hasOwn(values, key))?.originOf(key) ?? null;
}

interface ConnectionPlace {
  readonly service: string;
  readonly name: string;
  readonly origin: Origin | null;
}

/** A service that declares none has `default`; without a catalog also those that variables speak of. */
function impliedConnections(parts: Parts): string[] {
  if (parts.input.catalog !== null) return [sources.DEFAULT_CONNECTION];
  return [sources.DEFAULT_CONNECTION, ...parts.variables.flatMap((layer) => [...layer.connections.keys()])];
}

function resolveOne(
  { service, name, origin }: ConnectionPlace,
  sections: readonly Section[],
  parts: Parts,
): ResolvedConnection | null {
  const { context, defaults, shared, deployments } = parts;
  const path = `services.${service}.connections.${name}`;
  const place = { path: `${path}.deployment`, origin };
  const chosen = chooseDeployment(sections, parts.defaultDeployment, deployments, place, context);
  if (chosen === null) return null;
  const own = parts.variables.flatMap((layer) => sources.connectionSection(layer, name) ?? []);
  const base = deployments.get(chosen.value);
  if (base === undefined) return null;
  const isDerived = changesDeployment(own);
  const deployment = isDerived ? deriveDeployment(base, name, own, parts) : base;
  const dbVariables = [
    ...(name === sources.DEFAULT_CONNECTION ? variableDbs(deployment.db) : []),
    ...candidates(own, 'db', isNumber),
  ];
  const traced = isDerived ? traceDerived(deployment.name, chosen, own) : chosen;
  return resolveConnection(
    { name, path, sections, defaults, shared, deployment: traced, dbVariables },
    deployment,
    context,
  );
}

/** A connection with an address, credential or TLS of its own is on a deployment of its own, named after both. */
function deriveDeployment(
  base: ResolvedDeployment,
  connection: string,
  own: readonly Section[],
  parts: Parts,
): ResolvedDeployment {
  const key = `${base.name} ${connection}`;
  const known = parts.derived.get(key);
  if (known !== undefined) return known;
  const { context, input, layers, variables, networks, defaults } = parts;
  const sections = sources.deploymentSections(base.name, input, layers, variables);
  const derived = deriveSources(base, sections, own, networks, context.ownNetwork);
  const name = nameDerived(base.name, connection, parts.deployments);
  const deployment = resolveDeployment(
    { name, sections: derived.sections, defaults, isDeclared: false },
    derived.networks,
    context,
  );
  parts.deployments.set(name, deployment);
  parts.derived.set(key, deployment);
  return deployment;
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
  place: { readonly path: string; readonly origin: Origin | null },
  context: ResolveContext,
): Traced<string> | null {
  const named = merge(candidates(sections, 'deployment', isString));
  if (named === null) {
    if (fallback !== null) return { value: fallback, origin: BUILT_IN, shadowed: [] };
    const fix = `Set ${place.path} to one of: ${[...known.keys()].join(', ')}.`;
    report(context, 'CONNECTION_DEPLOYMENT_AMBIGUOUS', place, 'No deployment is named, and there are several.', fix);
    return null;
  }
  if (known.has(named.value)) return named;
  const message = `There is no deployment ${named.value}${didYouMean(named.value, known.keys())}.`;
  const fix = `Use one of: ${[...known.keys()].join(', ')}.`;
  report(context, 'DEPLOYMENT_UNKNOWN', { ...place, origin: named.origin }, message, fix);
  return null;
}

/** Where this process runs there must be an address: it proves and watches what it serves. */
function demandAddress(deployment: ResolvedDeployment, isDefault: boolean, context: ResolveContext): void {
  if (deployment.topology.value !== 'standalone') return;
  if (Object.hasOwn(deployment.addresses, context.ownNetwork)) return;
  const addresses = `deployments.${deployment.name}.addresses.`;
  if (context.findings.some(({ code, path }) => code === 'ADDRESS_INVALID' && path.startsWith(addresses))) return;
  const prefix = isDefault ? 'REDIS' : `REDIS_${toInfix(deployment.name)}`;
  const path = `${addresses}${context.ownNetwork}`;
  const near = didYouMean(context.ownNetwork, Object.keys(deployment.addresses));
  const message = `${deployment.name} has no address in the network ${context.ownNetwork}${near}, in which this process runs.`;
  const fix = `Declare ${path} (or .any), or set ${prefix}_URL or ${prefix}_HOST.`;
  report(context, 'ADDRESS_MISSING', { path, origin: null }, message, fix);
}
