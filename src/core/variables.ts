import type { EnvironmentName } from './environment.ts';
import type { FindingCode } from './finding.ts';
import type { Candidate, Layer, Origin } from './origin.ts';
import type { Secret } from './secret.ts';
import type { SecretReadings } from './secret-reading.ts';

/** A variable of the process or of a `.env` file. Its value is a secret until its meaning is known. */
export interface Variable {
  readonly name: string;
  readonly value: Secret;
  readonly origin: Origin;
}

export interface VariableLayer {
  readonly layer: Extract<Layer, 'env-file' | 'env-file-environment' | 'process'>;
  readonly variables: ReadonlyMap<string, Variable>;
}

/** What `REDIS_<FIELD>` may set; also the table of the reference. Each has a `_FILE` form. */
export const VARIABLE_FIELDS = {
  URL: 'redis[s]://user:password@host:port/db or unix:/path; a single field wins over it',
  HOST: 'host name or IP address',
  PORT: 'port, 1 to 65535',
  USERNAME: 'ACL user',
  PASSWORD: 'password',
  DB: 'database of connections that declare none',
  TLS: 'true or false',
  TLS_SERVERNAME: 'name to verify in the certificate',
  CA: 'PEM of the CA (usually REDIS_CA_FILE)',
  CERT: 'PEM of the client certificate (usually REDIS_CERT_FILE)',
  KEY: 'PEM of the client key (usually REDIS_KEY_FILE)',
} as const;

export type Field = keyof typeof VARIABLE_FIELDS;

const FIELDS = Object.keys(VARIABLE_FIELDS).sort((a, b) => b.length - a.length);
const NAME = new RegExp(`^REDIS_(?:(.+)_)?(${FIELDS.join('|')})(_FILE)?$`);

/** The parts of `REDIS_<OWNER>_<FIELD>[_FILE]`; null for any other name. Without an owner it is the default deployment. */
export function splitVariableName(
  name: string,
): { readonly owner: string | undefined; readonly field: Field; readonly isFile: boolean } | null {
  const match = NAME.exec(name);
  if (match === null) return null;
  return { owner: match[1], field: match[2] as Field, isFile: match[3] !== undefined }; // NAME matches fields only
}

/** How a deployment or connection is written in the name of a variable. */
export function toInfix(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** Settings by key: `host`, `port`, `path`, `username`, `password`, `db`, `tls`, `servername`, `ca`, `cert`, `key`. */
export type VariableSettings = ReadonlyMap<string, Candidate<unknown>>;

/** One layer's variables, sorted by what they set. */
export interface InterpretedLayer {
  readonly layer: Layer;
  readonly deployments: ReadonlyMap<string, VariableSettings>;
  /** By connection name, for every service that has a connection of that name. */
  readonly connections: ReadonlyMap<string, VariableSettings>;
}

export interface VariableOwners {
  /** Null where there are several deployments and no `main` or `default`. */
  readonly defaultDeployment: string | null;
  readonly deployments: Iterable<string>;
  readonly connections: Iterable<string>;
}

export interface VariableContext {
  readonly environment: EnvironmentName;
  readonly readings: SecretReadings;
}

/** Reports a problem of a variable; the texts name variables, never values. */
export type ReportVariable = (code: FindingCode, variable: Variable, message: string, fix: string) => void;

export type FieldMap = ReadonlyMap<Field, Variable>;
