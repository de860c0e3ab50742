import { type EnvironmentName, isStrict } from './environment.ts';
import type { Origin } from './origin.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Something worth telling. `message` is the cause, `fix` what to do; neither ever quotes a value that may be secret. */
export interface Finding {
  /** Stable, SCREAMING_SNAKE_CASE. */
  readonly code: string;
  readonly severity: Severity;
  /** Dotted path of what is wrong, `deployments.main.addresses.container`. */
  readonly path: string;
  readonly origin: Origin | null;
  readonly message: string;
  readonly fix: string;
}

/** Severity of each finding that declarations can cause: [development and test, staging and production]. */
export const FINDING_CODES = {
  ACCESS_MISSING: ['info', 'error', 'Nobody is declared who may read the configuration.'],
  ACCESS_SERVICE_UNKNOWN: ['warning', 'warning', 'A caller may read a service that does not exist.'],
  ACCESS_TOKEN_SHARED: ['error', 'error', 'Two callers have the same token.'],
  ACCESS_WAIVED: ['info', 'warning', 'Everybody may read the configuration, for the reason given.'],
  ADDRESS_DEFAULTED: ['warning', 'error', 'An address is not declared and a default is used.'],
  ADDRESS_INVALID: ['error', 'error', 'An address cannot be read.'],
  ADDRESS_MISSING: ['error', 'error', 'An address is needed and not declared.'],
  ADDRESS_UNUSED: ['warning', 'error', 'An address is set, but the topology does not use it.'],
  CATALOG_ALIAS: ['error', 'error', 'The catalog uses a YAML alias, which hides where a value stands.'],
  CATALOG_EMPTY: ['error', 'error', 'The catalog holds no settings.'],
  CATALOG_KEY_NOT_STRING: ['error', 'error', 'YAML would change the name of a key.'],
  CATALOG_KEY_UNKNOWN: ['error', 'error', 'The catalog has a key that nothing reads.'],
  CATALOG_NAME_INVALID: ['error', 'error', 'A name in the catalog is no DNS label.'],
  CATALOG_REMOVAL: ['error', 'error', 'An update loses the catalog, most services or all deployments.'],
  CATALOG_SCALAR_NOT_STRING: ['error', 'error', 'YAML reads a value as something else than the string that is wanted.'],
  CATALOG_SECRET_SHAPE: ['error', 'error', 'Something else stands where a reference to a secret is wanted.'],
  CATALOG_SYNTAX: ['error', 'error', 'The catalog is neither YAML nor JSON.'],
  CATALOG_TAG: ['error', 'error', 'The catalog uses a YAML tag.'],
  CATALOG_TOO_LARGE: ['error', 'error', 'The catalog is larger than is read.'],
  CATALOG_UNREADABLE: ['error', 'error', 'The catalog cannot be opened.'],
  CATALOG_VALUE_INVALID: ['error', 'error', 'A value in the catalog has not the wanted form.'],
  CLUSTER_DB_NOT_ZERO: ['error', 'error', 'Redis Cluster has database 0 only.'],
  CONNECTION_DEPLOYMENT_AMBIGUOUS: ['error', 'error', 'There are several deployments and none is named.'],
  CONTAINER_ADDRESS_ON_HOST: ['warning', 'error', 'The address of the container network is used on the host.'],
  DB_OUT_OF_RANGE: ['error', 'error', 'The database number is higher than the server has.'],
  DEMAND_WAIVED: ['info', 'warning', 'A demand of the environment is waived, for the reason given.'],
  DEPLOYMENT_UNKNOWN: ['error', 'error', 'A connection names a deployment that does not exist.'],
  ENVIRONMENTS_SHARE_DATABASE: ['warning', 'warning', 'Two environments use one server and database.'],
  ENV_FILE_UNREADABLE: ['error', 'error', 'A .env file cannot be opened.'],
  KUBERNETES_SERVICE_VARIABLE: ['info', 'warning', 'A variable was set by Kubernetes for a Service and is no setting.'],
  LISTENER_FAILED: ['error', 'error', 'The listener of the service cannot be opened.'],
  LOCALHOST_IN_CONTAINER: ['warning', 'error', 'localhost inside a container is the container itself.'],
  POOL_MIN_ABOVE_MAX: ['error', 'error', 'The pool keeps more connections open than it may have.'],
  PUBLISHED_PORT_IN_CONTAINER: [
    'warning',
    'error',
    'The port published to the host is used inside the container network.',
  ],
  RETRY_BASE_ABOVE_CAP: ['error', 'error', 'The first delay between retries is longer than the longest.'],
  SECRET_EMPTY: ['warning', 'error', 'A secret is set, but empty.'],
  SECRET_LITERAL: ['warning', 'error', 'A secret stands in the catalog.'],
  SECRET_UNRESOLVABLE: ['error', 'error', 'A secret cannot be read.'],
  SECRET_WHITESPACE: ['warning', 'error', 'A secret begins or ends with white space.'],
  SERVICES_MISSING: ['warning', 'error', 'No service is declared.'],
  SERVICES_VARIABLE_UNUSED: ['info', 'warning', 'BEACON_SERVICES is set, but the catalog names the services.'],
  TENANCY_COLLISION: ['warning', 'warning', 'Two services use one database with the same key prefix.'],
  TLS_MATERIAL_INCOMPLETE: ['error', 'error', 'A client certificate and its key go together.'],
  TLS_MATERIAL_INVALID: ['error', 'error', 'A certificate or key is not in PEM form.'],
  TLS_MATERIAL_UNUSED: ['warning', 'error', 'A certificate or key is set, but TLS is off.'],
  TLS_REQUIRED: ['info', 'error', 'The environment demands TLS with server authentication.'],
  TOPOLOGY_INCOMPLETE: ['error', 'error', 'The topology needs settings that are missing.'],
  TOPOLOGY_NOT_PROVEN: ['info', 'error', 'Only standalone deployments can be proven.'],
  TOPOLOGY_NOT_WATCHED: ['warning', 'warning', 'Only standalone deployments are watched.'],
  URL_FIELD_CONFLICT: ['warning', 'warning', 'A URL and a single variable of the same layer disagree.'],
  URL_INVALID: ['error', 'error', 'A Redis URL cannot be read.'],
  VARIABLES_DISAGREE: ['warning', 'warning', 'Two variables of the same layer set one thing differently.'],
  VARIABLE_AND_FILE: ['error', 'error', 'A variable and its _FILE form are both set.'],
  VARIABLE_EMPTY: ['warning', 'error', 'A variable is set, but empty.'],
  VARIABLE_INVALID: ['error', 'error', 'The value of a variable has not the wanted form.'],
  VARIABLE_UNKNOWN: ['warning', 'warning', 'A variable looks like a setting, but belongs to nothing.'],
} as const satisfies Record<string, readonly [relaxed: Severity, strict: Severity, meaning: string]>;

export type FindingCode = keyof typeof FINDING_CODES;

/** Makes a finding with the severity that its code has in the environment. */
export function createFinding(
  code: FindingCode,
  environment: EnvironmentName,
  rest: Omit<Finding, 'code' | 'severity'>,
): Finding {
  const [relaxed, strict] = FINDING_CODES[code];
  return { code, severity: isStrict(environment) ? strict : relaxed, ...rest };
}

export function errorsIn(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => finding.severity === 'error');
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}
