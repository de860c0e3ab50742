import { TOPOLOGIES, type Topology, WAIVABLE, type Waivable } from '../catalog-schema.ts';
import { isStrict } from '../environment.ts';
import { type Candidate, describeOrigin, type Traced } from '../origin.ts';
import type { ResolvedDeployment } from '../resolved.ts';
import type { VariableSettings } from '../variables.ts';
import { checkNetworks } from './address-checks.ts';
import { resolveAddresses } from './addresses.ts';
import { resolveAuth } from './auth.ts';
import { resolveCluster, resolveNatMap } from './cluster.ts';
import { type ResolveContext, report } from './context.ts';
import { BUILT_IN, DEFAULT_DB } from './defaults.ts';
import { fingerprintOf } from './fingerprint.ts';
import { resolveThresholds } from './monitoring.ts';
import { candidateSection, candidates, isNumber, isString, merge, type Section, subsections } from './section.ts';
import { resolveSentinel } from './sentinel.ts';
import { demandTls, resolveTls } from './tls.ts';

/** What the layers say about one deployment. */
export interface DeploymentSources {
  readonly name: string;
  /** Lowest first: embedded, base, overlay, variables. */
  readonly sections: readonly Section[];
  /** `defaults` of the catalog over the built-in ones. */
  readonly defaults: readonly Section[];
  /** False for a deployment that variables of a connection make: the catalog has no place for its waivers. */
  readonly isDeclared: boolean;
}

const DATABASES: Traced<number> = { value: 16, origin: BUILT_IN, shadowed: [] };

function isTopology(value: unknown): value is Topology {
  return TOPOLOGIES.some((topology) => topology === value);
}

/** Resolves one deployment in all networks. Pure; problems go to the context. */
export function resolveDeployment(
  sources: DeploymentSources,
  networks: readonly string[],
  context: ResolveContext,
): ResolvedDeployment {
  const { name, sections } = sources;
  const path = `deployments.${name}`;
  const topology = resolveTopology(sections, path, context);
  const waive = resolveWaivers(sections, path, context);
  const standalone = topology.value === 'standalone';
  const deployment = {
    name,
    topology,
    addresses: standalone ? resolveAddresses(sections, networks, path, context) : {},
    sentinel: topology.value === 'sentinel' ? resolveSentinel(sections, networks, path, context) : null,
    cluster: topology.value === 'cluster' ? resolveCluster(sections, networks, path, context) : null,
    natMap: standalone ? {} : resolveNatMap(sections, networks, path, context),
    auth: resolveAuth(sections, `${path}.auth`, context),
    tls: resolveTls(subsections(sections, 'tls'), `${path}.tls`, context),
    databases: merge(candidates(sections, 'databases', isNumber)) ?? DATABASES,
    db: resolveDb(sections, topology.value, context),
    thresholds: resolveThresholds([...sources.defaults, ...sections]),
    waive,
  };
  if (standalone) checkNetworks(deployment.addresses, waive.localhost !== undefined, path, context);
  const remedy = sources.isDeclared
    ? `or waive it with a reason: ${path}.waive.tls.`
    : 'or declare the server as a deployment of the catalog, where TLS can be waived with a reason.';
  if (waive.tls === undefined) demandTls(deployment.tls, `${path}.tls`, remedy, context);
  demandProof(deployment.topology, waive.preflight !== undefined, path, context);
  return { ...deployment, fingerprint: fingerprintOf(deployment) };
}

/** An address given in a variable does not fit a topology that finds its nodes by itself. */
function resolveTopology(sections: readonly Section[], path: string, context: ResolveContext): Traced<Topology> {
  const standalone: Traced<Topology> = { value: 'standalone', origin: BUILT_IN, shadowed: [] };
  const topology = merge(candidates(sections, 'topology', isTopology)) ?? standalone;
  const address = subsections(sections, 'address').at(-1);
  if (address === undefined || topology.value === 'standalone') return topology;
  const key = Object.keys(address.values)[0] ?? 'host';
  const origin = address.originOf(key);
  const message = `${describeOrigin(origin)} sets an address, but the topology of ${path} is ${topology.value}.`;
  const fix = `Remove the variable, or declare ${path}.topology: standalone.`;
  report(context, 'ADDRESS_UNUSED', { path: `${path}.topology`, origin }, message, fix);
  return topology;
}

function resolveWaivers(
  sections: readonly Section[],
  path: string,
  context: ResolveContext,
): ResolvedDeployment['waive'] {
  const parts = subsections(sections, 'waive');
  const waivers: Partial<Record<Waivable, Traced<string>>> = {};
  for (const demand of WAIVABLE) {
    const waiver = merge(candidates(parts, demand, isString));
    if (waiver === null) continue;
    waivers[demand] = waiver;
    const place = { path: `${path}.waive.${demand}`, origin: waiver.origin };
    const message = `${demand} is waived: ${waiver.value}`;
    report(context, 'DEMAND_WAIVED', place, message, 'Remove the waiver once the reason is gone.');
  }
  return waivers;
}

function resolveDb(sections: readonly Section[], topology: Topology, context: ResolveContext): Traced<number> {
  const value = topology === 'cluster' ? 0 : (DEFAULT_DB[context.environment.name] ?? 0);
  const builtIn = { value, origin: BUILT_IN };
  return merge([builtIn, ...candidates(sections, 'db', isNumber)]) ?? { ...builtIn, shadowed: [] };
}

function demandProof(topology: Traced<Topology>, waived: boolean, path: string, context: ResolveContext): void {
  if (topology.value === 'standalone' || waived) return;
  const message = `This version proves standalone deployments only; ${path} is a ${topology.value}.`;
  const fix = isStrict(context.environment.name)
    ? `Waive the proof with a reason: ${path}.waive.preflight.`
    : 'Nothing to do here; staging and production need waive.preflight.';
  report(context, 'TOPOLOGY_NOT_PROVEN', { path: `${path}.topology`, origin: topology.origin }, message, fix);
}

/** One layer's variables for a deployment, in the shape of the catalog's sections. */
export function variableSection(layer: Section['layer'], settings: VariableSettings): Section {
  const part = (names: Readonly<Record<string, string>>): Section =>
    candidateSection(
      layer,
      new Map(
        Object.entries(names).flatMap(([key, setting]): [string, Candidate<unknown>][] => {
          const candidate = settings.get(setting);
          return candidate === undefined ? [] : [[key, candidate]];
        }),
      ),
    );
  const parts: ReadonlyMap<string, Section> = new Map([
    ['address', part({ host: 'host', port: 'port', path: 'path' })],
    ['auth', part({ username: 'username', password: 'password' })],
    ['tls', part({ enabled: 'tls', ca: 'ca', cert: 'cert', key: 'key', servername: 'servername' })],
  ]);
  const own = part({ db: 'db' });
  return {
    ...own,
    sub: (key) => {
      const found = parts.get(key);
      return found === undefined || Object.keys(found.values).length === 0 ? null : found;
    },
  };
}
