import { ADDRESS_PROBLEMS, hostProblem, parsePort } from './address.ts';
import type { EnvironmentName } from './environment.ts';
import { createFinding, type Finding } from './finding.ts';
import { didYouMean, nearest } from './nearest.ts';
import type { Candidate, Layer, Origin } from './origin.ts';
import { parseRedisUrl, URL_PROBLEMS } from './redis-url.ts';
import { Secret } from './secret.ts';
import { describeReading, type SecretReadings } from './secret-reading.ts';

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

type Field = keyof typeof VARIABLE_FIELDS;

const FIELDS = Object.keys(VARIABLE_FIELDS).sort((a, b) => b.length - a.length);
const NAME = new RegExp(`^REDIS_(?:(.+)_)?(${FIELDS.join('|')})(_FILE)?$`);

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

/** Sorts and reads the `REDIS_*` variables of one layer. Findings name variables, never values. */
export function interpretVariables(
  layer: VariableLayer,
  owners: VariableOwners,
  context: VariableContext,
): { interpreted: InterpretedLayer; findings: Finding[] } {
  const findings: Finding[] = [];
  const grouped = groupByOwner(layer, owners, context, findings);
  const read = ([owner, fields]: [string, FieldMap]) => [owner, readFields(fields, context, findings)] as const;
  return {
    interpreted: {
      layer: layer.layer,
      deployments: new Map([...grouped.deployments].map(read)),
      connections: new Map([...grouped.connections].map(read)),
    },
    findings,
  };
}

type FieldMap = Map<Field, Variable>;

function groupByOwner(
  layer: VariableLayer,
  owners: VariableOwners,
  context: VariableContext,
  findings: Finding[],
): { deployments: Map<string, FieldMap>; connections: Map<string, FieldMap> } {
  const grouped = { deployments: new Map<string, FieldMap>(), connections: new Map<string, FieldMap>() };
  const ownerOf = ownerLookup(owners);
  for (const variable of layer.variables.values()) {
    const match = NAME.exec(variable.name);
    if (match === null) continue;
    const owner = ownerOf(match[1]);
    if (owner === null) {
      findings.push(...describeStranger(variable, match[1], owners, context));
      continue;
    }
    const usable = loadVariable(variable, match[3] !== undefined, layer, context, findings);
    if (usable === null) continue;
    const fields = grouped[owner.kind].get(owner.name) ?? new Map<Field, Variable>();
    grouped[owner.kind].set(owner.name, fields.set(asField(match[2]), usable));
  }
  return grouped;
}

function asField(text: string | undefined): Field {
  return text as Field; // NAME matches nothing else
}

type Owner = { readonly kind: 'deployments' | 'connections'; readonly name: string };

function ownerLookup(owners: VariableOwners): (infix: string | undefined) => Owner | null {
  const byInfix = new Map<string, Owner>();
  for (const name of owners.connections) byInfix.set(toInfix(name), { kind: 'connections', name });
  for (const name of owners.deployments) byInfix.set(toInfix(name), { kind: 'deployments', name });
  const fallback = owners.defaultDeployment;
  return (infix) => {
    if (infix !== undefined) return byInfix.get(infix) ?? null;
    return fallback === null ? null : { kind: 'deployments', name: fallback };
  };
}

function toInfix(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

/** `REDIS_DOWNLOAD_URL` belongs to the Redis image and is nobody's business; `REDIS_CAHCE_URL` is a typing error. */
function describeStranger(
  variable: Variable,
  infix: string | undefined,
  owners: VariableOwners,
  context: VariableContext,
): Finding[] {
  const place = { path: variable.name, origin: variable.origin };
  if (infix === undefined) {
    return [
      createFinding('CONNECTION_DEPLOYMENT_AMBIGUOUS', context.environment, {
        ...place,
        message: `${variable.name} is for the default deployment, but there are several deployments and none is named main or default.`,
        fix: `Set REDIS_<DEPLOYMENT>_... for one of: ${[...owners.deployments].join(', ')}.`,
      }),
    ];
  }
  const known = [...owners.deployments, ...owners.connections].map(toInfix);
  if (nearest(infix, known, 1).length === 0) return [];
  return [
    createFinding('VARIABLE_UNKNOWN', context.environment, {
      ...place,
      message: `${variable.name} belongs to no deployment and no connection${didYouMean(infix, known)}.`,
      fix: 'Correct the name, or remove the variable.',
    }),
  ];
}

/** The variable with its value, or with that of the file it names; null where there is nothing to use. */
function loadVariable(
  variable: Variable,
  isFile: boolean,
  layer: VariableLayer,
  context: VariableContext,
  findings: Finding[],
): Variable | null {
  const place = { path: variable.name, origin: variable.origin };
  const add = (code: Parameters<typeof createFinding>[0], message: string, fix: string): null => {
    findings.push(createFinding(code, context.environment, { ...place, message, fix }));
    return null;
  };
  if (variable.value.isEmpty)
    return add('VARIABLE_EMPTY', `${variable.name} is set, but empty; it counts as not set.`, 'Set it, or remove it.');
  if (isKubernetesLink(variable))
    return add(
      'KUBERNETES_SERVICE_VARIABLE',
      `${variable.name} was set by Kubernetes for a Service of that name; it is ignored.`,
      'Set `enableServiceLinks: false` in the pod, or rename the Service.',
    );
  if (!isFile) return variable;
  const plain = variable.name.slice(0, -'_FILE'.length);
  if (layer.variables.has(plain) && layer.variables.get(plain)?.value.isEmpty === false)
    return add('VARIABLE_AND_FILE', `${plain} and ${variable.name} are both set.`, 'Keep one of them.');
  const reading = context.readings.get(`file:${variable.value.reveal()}`);
  if (reading?.ok === true) return { ...variable, value: reading.secret };
  const [message, fix] = describeReading(reading, `the file that ${variable.name} names`);
  return add('SECRET_UNRESOLVABLE', message, fix);
}

function isKubernetesLink(variable: Variable): boolean {
  return /_PORT$/.test(variable.name) && /^(tcp|udp):\/\//.test(variable.value.reveal());
}

/** Reads one owner's fields: first what the URL states, then the single fields over it. */
function readFields(fields: FieldMap, context: VariableContext, findings: Finding[]): VariableSettings {
  const settings = new Map<string, Candidate<unknown>>();
  const url = fields.get('URL');
  if (url !== undefined) readUrl(url, settings, context, findings);
  for (const [field, variable] of fields) {
    if (field === 'URL') continue;
    const read = readField(field, variable);
    if (!read.ok) {
      const [message, fix] = [`${variable.name}: ${read.message}`, read.fix];
      findings.push(
        createFinding('VARIABLE_INVALID', context.environment, {
          path: variable.name,
          origin: variable.origin,
          message,
          fix,
        }),
      );
      continue;
    }
    reportConflict(url, variable, settings.get(read.key), read.value, context, findings);
    settings.set(read.key, { value: read.value, origin: variable.origin });
    if (read.key === 'host') settings.delete('path');
  }
  return settings;
}

function readUrl(
  url: Variable,
  settings: Map<string, Candidate<unknown>>,
  context: VariableContext,
  findings: Finding[],
): void {
  const { origin } = url;
  const parsed = parseRedisUrl(url.value);
  if (!parsed.ok) {
    const [message, fix] = URL_PROBLEMS[parsed.problem];
    findings.push(
      createFinding('URL_INVALID', context.environment, {
        path: url.name,
        origin,
        message: `${url.name}: ${message}`,
        fix,
      }),
    );
    return;
  }
  const { address, tls, username, password, db } = parsed.parts;
  const stated = { ...address, tls, username, password, db };
  for (const [key, value] of Object.entries(stated)) if (value !== undefined) settings.set(key, { value, origin });
}

function reportConflict(
  url: Variable | undefined,
  variable: Variable,
  stated: Candidate<unknown> | undefined,
  value: unknown,
  context: VariableContext,
  findings: Finding[],
): void {
  if (url === undefined || stated === undefined) return;
  const same =
    stated.value instanceof Secret && value instanceof Secret ? stated.value.equals(value) : stated.value === value;
  if (same) return;
  findings.push(
    createFinding('URL_FIELD_CONFLICT', context.environment, {
      path: variable.name,
      origin: variable.origin,
      message: `${url.name} and ${variable.name} disagree; ${variable.name} wins.`,
      fix: 'Remove one of them, or make them agree.',
    }),
  );
}

type ReadField =
  | { readonly ok: true; readonly key: string; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly fix: string };

const KEYS = { USERNAME: 'username', TLS_SERVERNAME: 'servername' } as const;
const SECRET_KEYS = { PASSWORD: 'password', CA: 'ca', CERT: 'cert', KEY: 'key' } as const;
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

function readField(field: Exclude<Field, 'URL'>, variable: Variable): ReadField {
  if (field === 'PASSWORD' || field === 'CA' || field === 'CERT' || field === 'KEY')
    return { ok: true, key: SECRET_KEYS[field], value: variable.value };
  const text = variable.value.reveal();
  switch (field) {
    case 'HOST':
      return readHost(text);
    case 'PORT':
      return need('port', parsePort(text), 'it is not a port.', 'Give a whole number from 1 to 65535.');
    case 'DB':
      return need('db', /^\d{1,5}$/.test(text) ? Number(text) : null, 'it is not a database number.', 'Give 0, 1, ...');
    case 'TLS':
      return need(
        'tls',
        BOOLEANS.get(text.toLowerCase()) ?? null,
        'it is neither true nor false.',
        'Set true or false.',
      );
    case 'USERNAME':
    case 'TLS_SERVERNAME':
      return { ok: true, key: KEYS[field], value: text };
  }
}

function need(key: string, value: unknown, message: string, fix: string): ReadField {
  return value === null ? { ok: false, message, fix } : { ok: true, key, value };
}

function readHost(text: string): ReadField {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const problem = hostProblem(bare);
  if (problem === null) return { ok: true, key: 'host', value: bare };
  const [message, fix] = ADDRESS_PROBLEMS[problem];
  return { ok: false, message, fix };
}
