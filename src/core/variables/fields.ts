import { hostProblem, parsePort } from '../address.ts';
import type { Candidate } from '../origin.ts';
import { parseRedisUrl, type RedisUrlParts, URL_PROBLEMS } from '../redis-url.ts';
import { Secret } from '../secret.ts';
import type { Field, FieldMap, ReportVariable, Variable, VariableSettings } from '../variables.ts';

type Settings = Map<string, Candidate<unknown>>;

/** Reads one owner's fields in one layer: first what the URL states, then the single fields over it. */
export function readSettings(fields: FieldMap, report: ReportVariable): VariableSettings {
  const settings: Settings = new Map();
  const variable = fields.get('URL');
  const parts = variable === undefined ? null : readUrl(variable, report);
  const url = variable === undefined || parts === null ? null : { variable, parts };
  if (url !== null) applyUrl(url, settings);
  for (const [field, single] of fields) {
    if (field === 'URL') continue;
    const read = readField(field, single);
    if (!read.ok) report('VARIABLE_INVALID', single, `${single.name}: ${read.message}`, read.fix);
    else applyField({ variable: single, ...read }, url, settings, report);
  }
  return settings;
}

interface Url {
  readonly variable: Variable;
  readonly parts: RedisUrlParts;
}

function readUrl(variable: Variable, report: ReportVariable): RedisUrlParts | null {
  const parsed = parseRedisUrl(variable.value);
  if (parsed.ok) return parsed.parts;
  const [message, fix] = URL_PROBLEMS[parsed.problem];
  report('URL_INVALID', variable, `${variable.name}: ${message}`, fix);
  return null;
}

function applyUrl({ variable: { origin }, parts }: Url, settings: Settings): void {
  const { address, tls, username, password, db } = parts;
  const stated = { ...address, tls, username, password, db };
  for (const [key, value] of Object.entries(stated)) if (value !== undefined) settings.set(key, { value, origin });
}

interface SingleField {
  readonly variable: Variable;
  readonly key: string;
  readonly value: unknown;
}

function applyField(field: SingleField, url: Url | null, settings: Settings, report: ReportVariable): void {
  const { variable, key, value } = field;
  const isSocket = url !== null && 'path' in url.parts.address;
  if (isSocket && key === 'port') {
    const message = `${url.variable.name} names a socket, which has no port: ${variable.name} says nothing.`;
    report('URL_FIELD_CONFLICT', variable, message, 'Remove one of them.');
    return;
  }
  const stated = isSocket && key === 'host' ? url.parts.address : statedBy(url, key, settings);
  if (url !== null && stated !== undefined && !isSame(stated, value)) {
    const message = `${url.variable.name} and ${variable.name} disagree; ${variable.name} wins.`;
    report('URL_FIELD_CONFLICT', variable, message, 'Remove one of them, or make them agree.');
  }
  if (key === 'host') settings.delete('path');
  settings.set(key, { value, origin: variable.origin });
}

/** What the URL itself says; the port that it does not name is no statement. */
function statedBy(url: Url | null, key: string, settings: Settings): unknown {
  if (url === null || (key === 'port' && !url.parts.portGiven)) return undefined;
  return settings.get(key)?.value;
}

function isSame(a: unknown, b: unknown): boolean {
  return a instanceof Secret && b instanceof Secret ? a.equals(b) : a === b;
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
    case 'TLS': {
      const value = BOOLEANS.get(text.toLowerCase()) ?? null;
      return need('tls', value, 'it is neither true nor false.', 'Set true or false.');
    }
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
  const message =
    problem === 'underscore'
      ? 'a host name with an underscore is not accepted by Java clients and TLS certificates.'
      : 'it is not a host name or an IP address alone.';
  const fix =
    problem === 'underscore'
      ? 'Give the host a name with hyphens (in Compose: a network alias).'
      : 'Give the host alone; the port goes to the variable that ends in _PORT, a URL to the one that ends in _URL.';
  return { ok: false, message, fix };
}
