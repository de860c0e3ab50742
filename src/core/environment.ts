import { nearest } from './nearest.ts';

export const ENVIRONMENTS = ['development', 'test', 'staging', 'production'] as const;

export type EnvironmentName = (typeof ENVIRONMENTS)[number];

export interface Environment {
  readonly name: EnvironmentName;
  /** The variable that decided, or `default`. */
  readonly detectedFrom: string;
}

const VARIABLES = ['ENVIRONMENT', 'APP_ENV', 'NODE_ENV'] as const;

const ALIASES: ReadonlyMap<string, EnvironmentName> = new Map([
  ['dev', 'development'],
  ['develop', 'development'],
  ['local', 'development'],
  ['testing', 'test'],
  ['ci', 'test'],
  ['stage', 'staging'],
  ['stg', 'staging'],
  ['prod', 'production'],
  ['prd', 'production'],
  ...ENVIRONMENTS.map((name) => [name, name] as const),
]);

export type DetectedEnvironment =
  | { readonly ok: true; readonly environment: Environment }
  | { readonly ok: false; readonly variable: string; readonly message: string; readonly fix: string };

/**
 * The environment from `ENVIRONMENT`, else `APP_ENV`, else `NODE_ENV`, else `development`.
 * An empty variable counts as not set; a word that is no environment is an error, never a fallback.
 */
export function detectEnvironment(variables: Readonly<Record<string, string | undefined>>): DetectedEnvironment {
  for (const variable of VARIABLES) {
    const word = variables[variable]?.trim().toLowerCase();
    if (word === undefined || word === '') continue;
    const name = ALIASES.get(word);
    if (name !== undefined) return { ok: true, environment: { name, detectedFrom: variable } };
    const near = nearest(word, [...ALIASES.keys()]).map((alias) => ALIASES.get(alias) ?? alias);
    return {
      ok: false,
      variable,
      message: `${variable} does not name an environment`,
      fix: `Set ${variable} to one of ${ENVIRONMENTS.join(', ')}${near[0] === undefined ? '' : ` (did you mean ${near[0]}?)`}.`,
    };
  }
  return { ok: true, environment: { name: 'development', detectedFrom: 'default' } };
}

/** Strict environments prove everything before serving it and have no defaults for addresses. */
export function isStrict(name: EnvironmentName): boolean {
  return name === 'staging' || name === 'production';
}
