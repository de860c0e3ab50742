import type { Access } from '../core/access.ts';
import type { Environment } from '../core/environment.ts';
import type { Finding } from '../core/finding.ts';
import type { AccessSettings } from '../core/resolve/access.ts';
import { type Resolution, resolve } from '../core/resolve/resolve.ts';
import type { ResolvedDeployment, ResolvedService } from '../core/resolved.ts';
import type { Address } from '../core/target.ts';
import { type Answer, prepareAnswer, type Unreachable } from './answers.ts';
import { type Preflight, subjectsOf } from './preflight.ts';
import { inSlices } from './slices.ts';
import type { Sources } from './sources.ts';

/** What stays the same while the process runs. */
export interface Surroundings {
  readonly environment: Environment;
  readonly network: { readonly name: string; readonly detectedFrom: string };
  readonly embedded: Address | null;
  readonly services: readonly string[] | null;
  readonly access: AccessSettings;
}

/** A resolved configuration that is not yet active. */
export interface Candidate {
  readonly sources: Sources;
  readonly resolution: Resolution;
  readonly services: ReadonlyMap<string, ResolvedService>;
  /** Problems of reading and of resolving. */
  readonly findings: readonly Finding[];
}

/** Stands for the name where every valid name is a service; DNS labels have no dot, so no service has it. */
export const TEMPLATE_NAME = 'any.name';

/** Resolves everything that was declared, a few milliseconds at a time. */
export async function buildCandidate(sources: Sources, surroundings: Surroundings): Promise<Candidate> {
  const resolution = resolve({
    environment: surroundings.environment,
    ownNetwork: surroundings.network.name,
    catalog: sources.catalog,
    variables: sources.variables,
    readings: sources.readings,
    embedded: surroundings.embedded,
    services: surroundings.services,
    access: surroundings.access,
  });
  const services = new Map<string, ResolvedService>();
  await inSlices(resolution.serviceNames ?? [TEMPLATE_NAME], (name) => {
    services.set(name, resolution.resolveService(name));
  });
  resolution.finish();
  return { sources, resolution, services, findings: [...sources.problems, ...resolution.findings] };
}

/** One activated state of everything. Immutable. */
export interface Revision {
  readonly number: number;
  /** ISO 8601. */
  readonly activatedAt: string;
  /** Validator of every answer of this revision; says nothing about their content. */
  readonly etag: string;
  readonly environment: Environment;
  readonly network: string;
  readonly networks: readonly string[];
  readonly access: Access;
  readonly deployments: ReadonlyMap<string, ResolvedDeployment>;
  readonly services: ReadonlyMap<string, ResolvedService>;
  /** Set where every valid name is a service: what each of them is, but for its name. */
  readonly template: ResolvedService | null;
  readonly findings: readonly Finding[];
  readonly preflight: Preflight;
  readonly sources: Sources;
  /** The prepared answer; undefined for a service that does not exist. */
  answer(service: string, network: string): Answer | Unreachable | undefined;
}

const NAMES_PREPARED_MAX = 1000;

/** Prepares every answer of a candidate. */
export async function prepareRevision(
  candidate: Candidate,
  identity: { readonly number: number; readonly activatedAt: string; readonly etag: string },
  preflight: Preflight,
): Promise<Revision> {
  const { resolution, services, sources } = candidate;
  const { environment, networks, deployments } = resolution;
  const header = { environment: environment.name, revision: identity.number, preflight };
  const prepared = new Map(networks.map((network) => [network, new Map<string, Answer | Unreachable>()]));
  const prepare = (service: ResolvedService): void => {
    for (const [network, answers] of prepared)
      answers.set(service.name, prepareAnswer(service, deployments, network, header));
  };
  const template = services.get(TEMPLATE_NAME) ?? null;
  if (template === null) await inSlices(services.values(), prepare);
  return {
    ...identity,
    environment,
    network: resolution.ownNetwork,
    networks,
    access: resolution.access,
    deployments,
    services: template === null ? services : new Map(),
    template,
    findings: candidate.findings,
    preflight,
    sources,
    answer: (name, network) => {
      const answers = prepared.get(network);
      if (answers === undefined) return undefined;
      if (template !== null && !answers.has(name)) {
        // all names are the same service: prepared when first asked for, and bounded
        if (answers.size >= NAMES_PREPARED_MAX) for (const each of prepared.values()) each.clear();
        prepare({ ...template, name });
      }
      return answers.get(name);
    },
  };
}

/** What preflight has to prove. */
export function subjectsOfCandidate(candidate: Candidate): ReturnType<typeof subjectsOf> {
  return subjectsOf(candidate.resolution.deployments, candidate.services.values());
}
