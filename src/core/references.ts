import type { Catalog } from './catalog-schema.ts';
import { splitVariableName, type VariableLayer } from './variables.ts';

/** A reference and who uses it. */
export interface SecretUse {
  /** `env:NAME` or `file:PATH`. */
  readonly reference: string;
  readonly usedBy: readonly string[];
}

const SECTIONS = [
  ['auth', 'password'],
  ['tls', 'ca'],
  ['tls', 'cert'],
  ['tls', 'key'],
  ['sentinel', 'auth', 'password'],
] as const;

/** Every reference to a secret that the environment may need: those of base and overlay, and `REDIS_..._FILE`. */
export function collectReferences(
  catalog: Catalog | null,
  environment: string,
  layers: readonly VariableLayer[],
): SecretUse[] {
  const uses = new Map<string, Set<string>>();
  const add = (reference: string, user: string): void => {
    uses.set(reference, (uses.get(reference) ?? new Set<string>()).add(user));
  };
  const overlay = Object.entries(catalog?.environments ?? {}).find(([name]) => name === environment)?.[1];
  const deployments = mergeDeclared(catalog?.deployments, overlay?.deployments);
  for (const [name, parts] of deployments) {
    for (const path of SECTIONS) {
      // only the winner is read: what an overlay replaces need not exist here
      const winner = parts.map((part) => valueAt(part, path)).findLast((value) => value !== undefined);
      const reference = toReference(winner);
      if (reference !== null) add(reference, `deployments.${name}.${path.join('.')}`);
    }
  }
  for (const layer of layers) {
    for (const { name, value } of layer.variables.values()) {
      if (splitVariableName(name)?.isFile === true && !value.isEmpty) add(`file:${value.reveal()}`, name);
    }
  }
  return [...uses].map(([reference, users]) => ({ reference, usedBy: [...users] }));
}

type Deployments = Catalog['deployments'];

function mergeDeclared(base: Deployments, overlay: Deployments): Map<string, unknown[]> {
  const merged = new Map<string, unknown[]>();
  for (const source of [base, overlay]) {
    for (const [name, deployment] of Object.entries(source ?? {}))
      merged.set(name, [...(merged.get(name) ?? []), deployment]);
  }
  return merged;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

/** `env:NAME` or `file:PATH`; null for a literal. */
export function toReference(declared: unknown): string | null {
  if (typeof declared !== 'object' || declared === null) return null;
  if ('env' in declared && typeof declared.env === 'string') return `env:${declared.env}`;
  return 'file' in declared && typeof declared.file === 'string' ? `file:${declared.file}` : null;
}

/**
 * A reference for people: `variable NAME`, `file /path`. Some write the secret itself where its name or path belongs,
 * so what does not look like a name or a path is not repeated.
 */
export function nameReference(declared: { readonly env: string } | { readonly file: string }): string {
  if ('env' in declared)
    return /^[A-Z_][A-Z0-9_]*$/.test(declared.env) ? `variable ${declared.env}` : 'the variable named here';
  return /^(~|\.{0,2})\//.test(declared.file) ? `file ${declared.file}` : 'the file named here';
}

/**
 * A reference as it may be shown, `env:NAME` or `file:PATH`. What could not be read and does not look like a name or
 * a path may be the secret itself, put where its place belongs.
 */
export function showReference(reference: string, wasRead: boolean): string {
  if (wasRead || /^env:[A-Z_][A-Z0-9_]*$/.test(reference) || /^file:(~|\.{0,2})\//.test(reference)) return reference;
  return `${reference.slice(0, reference.indexOf(':'))}:(not shown)`;
}
