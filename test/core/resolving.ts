import { parseCatalog } from '../../src/catalog/document.ts';
import { parseEnvFile, processVariables } from '../../src/catalog/env-file.ts';
import type { EnvironmentName } from '../../src/core/environment.ts';
import type { Finding } from '../../src/core/finding.ts';
import { collectReferences } from '../../src/core/references.ts';
import type { AccessSettings } from '../../src/core/resolve/access.ts';
import type { ResolveInput } from '../../src/core/resolve/input.ts';
import { type Resolution, resolve } from '../../src/core/resolve/resolve.ts';
import type { ResolvedConnection, ResolvedDeployment, ResolvedService } from '../../src/core/resolved.ts';
import { Secret } from '../../src/core/secret.ts';
import type { ReadingProblem, SecretReading } from '../../src/core/secret-reading.ts';
import type { Address } from '../../src/core/target.ts';
import { readVariable } from '../../src/secrets/env.ts';

/** What somebody declared, as text; everything has a default. */
export interface Declared {
  readonly environment?: EnvironmentName;
  readonly network?: string;
  readonly catalog?: string;
  readonly envFile?: string;
  readonly envFileOfEnvironment?: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Contents by path, or what is wrong with the file. Other files are missing. */
  readonly files?: Readonly<Record<string, string | { readonly problem: ReadingProblem }>>;
  readonly embedded?: Address;
  readonly services?: readonly string[];
  readonly access?: Partial<AccessSettings>;
}

const READ_AT = '2026-11-21T10:00:00.000Z';

/** The input of `resolve`, made by the real readers but for the file system. */
export function inputOf(declared: Declared): ResolveInput {
  const environment = declared.environment ?? 'development';
  const layers = [
    ...(declared.envFile === undefined ? [] : [parseEnvFile(declared.envFile, '.env', 'env-file')]),
    ...(declared.envFileOfEnvironment === undefined
      ? []
      : [parseEnvFile(declared.envFileOfEnvironment, `.env.${environment}`, 'env-file-environment')]),
    processVariables(declared.variables ?? {}),
  ];
  const catalog = declared.catalog === undefined ? null : parseValid(declared.catalog);
  const references = collectReferences(catalog?.document ?? null, environment, layers);
  const read = (reference: string): SecretReading => {
    if (reference.startsWith('env:')) return readVariable(reference.slice(4), layers, READ_AT);
    const content = declared.files?.[reference.slice(5)] ?? { problem: 'missing' };
    if (typeof content === 'string') return { ok: true, secret: new Secret(content), readAt: READ_AT };
    return { ok: false, problem: content.problem };
  };
  return {
    environment: { name: environment, detectedFrom: 'ENVIRONMENT' },
    ownNetwork: declared.network ?? 'host',
    catalog,
    variables: layers,
    readings: new Map(references.map(({ reference }) => [reference, read(reference)])),
    embedded: declared.embedded ?? null,
    services: declared.services ?? null,
    access: { callers: {}, waive: null, ...declared.access },
  };
}

function parseValid(text: string): ResolveInput['catalog'] {
  const parsed = parseCatalog(text, 'catalog.yaml');
  if (!parsed.ok) throw new Error(`the catalog of this test is not valid: ${JSON.stringify(parsed.findings)}`);
  return { file: 'catalog.yaml', document: parsed.catalog, marks: parsed.marks };
}

export interface Resolved extends Resolution {
  readonly services: readonly ResolvedService[];
}

/** Resolves everything: the declared services, or `backend` where every name is one. */
export function resolveDeclared(declared: Declared | ResolveInput): Resolved {
  const resolution = resolve('ownNetwork' in declared ? declared : inputOf(declared));
  const services = (resolution.serviceNames ?? ['backend']).map((name) => resolution.resolveService(name));
  resolution.finish();
  return { ...resolution, services };
}

export function deploymentOf({ deployments }: Resolved, name = 'main'): ResolvedDeployment {
  const deployment = deployments.get(name);
  if (deployment === undefined) throw new Error(`no deployment ${name}, only ${[...deployments.keys()].join(', ')}`);
  return deployment;
}

export function connectionOf({ services }: Resolved, name = 'default', service = 'backend'): ResolvedConnection {
  const connections = services.find((each) => each.name === service)?.connections ?? [];
  const connection = connections.find((each) => each.name === name);
  if (connection === undefined) throw new Error(`no connection ${name} of ${service}`);
  return connection;
}

/** Findings of one code. */
export function only(findings: readonly Finding[], code: string): Finding[] {
  return findings.filter((finding) => finding.code === code);
}

export function codesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ code }) => code);
}

/** Value and origins of a traced leaf, secrets in the clear: this is a test. */
export function show(leaf: {
  value: unknown;
  origin: unknown;
  shadowed: readonly { value: unknown; origin: unknown }[];
}) {
  const reveal = (value: unknown): unknown => (value instanceof Secret ? value.reveal() : value);
  return {
    value: reveal(leaf.value),
    origin: leaf.origin,
    shadowed: leaf.shadowed.map(({ value, origin }) => ({ value: reveal(value), origin })),
  };
}
