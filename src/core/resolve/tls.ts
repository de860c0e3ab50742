import { TLS_VERSIONS } from '../catalog-schema.ts';
import { isStrict } from '../environment.ts';
import { describeOrigin, type Origin, rankOf, type Traced } from '../origin.ts';
import type { ResolvedTls } from '../resolved.ts';
import type { Secret } from '../secret.ts';
import { splitVariableName } from '../variables.ts';
import { type ResolveContext, report } from './context.ts';
import { BUILT_IN } from './defaults.ts';
import { resolveSecret } from './secrets.ts';
import { candidates, isBoolean, isString, merge, type Section } from './section.ts';

type TlsVersion = (typeof TLS_VERSIONS)[number];

function isVersion(value: unknown): value is TlsVersion {
  return TLS_VERSIONS.some((version) => version === value);
}

function unset<T>(value: T): Traced<T> {
  return { value, origin: BUILT_IN, shadowed: [] };
}

/** TLS of a deployment. `path` is that of its section in the catalog. */
export function resolveTls(sections: readonly Section[], path: string, context: ResolveContext): ResolvedTls {
  const enabled = merge(candidates(sections, 'enabled', isBoolean)) ?? unset(false);
  if (!enabled.value) reportUnused(enabled, sections, path, context);
  const material = (key: string): Traced<Secret | null> =>
    enabled.value
      ? checkPem(resolveSecret(sections, key, `${path}.${key}`, context), key, `${path}.${key}`, context)
      : unset(null);
  const tls: ResolvedTls = {
    enabled,
    ca: material('ca'),
    cert: material('cert'),
    key: material('key'),
    servername: merge(candidates<string | null>(sections, 'servername', isString)) ?? unset(null),
    rejectUnauthorized: merge(candidates(sections, 'rejectUnauthorized', isBoolean)) ?? unset(true),
    minVersion: merge(candidates(sections, 'minVersion', isVersion)) ?? unset('TLSv1.2'),
  };
  if ((tls.cert.value === null) !== (tls.key.value === null)) {
    const missing = tls.cert.value === null ? 'cert' : 'key';
    const origin = (missing === 'cert' ? tls.key : tls.cert).origin;
    const message = `The client ${missing === 'cert' ? 'key has no certificate' : 'certificate has no key'}.`;
    const fix = `Set ${path}.${missing}, or remove the other.`;
    report(context, 'TLS_MATERIAL_INCOMPLETE', { path: `${path}.${missing}`, origin }, message, fix);
  }
  return tls;
}

/** Who sets a certificate above the layer that leaves TLS off expects TLS: plain text would be a silent fallback. */
function reportUnused(
  enabled: Traced<boolean>,
  sections: readonly Section[],
  path: string,
  context: ResolveContext,
): void {
  for (const key of ['ca', 'cert', 'key']) {
    const section = sections.findLast(({ values }) => Object.hasOwn(values, key));
    if (section === undefined || !isAbove(section.originOf(key), enabled.origin)) continue;
    const origin = section.originOf(key);
    const message = `${describeOrigin(origin)} sets ${path}.${key}, but TLS is off.`;
    const fix = `${howToEnable(enabled.origin.variable === undefined ? origin : enabled.origin, path)}, or remove it.`;
    report(context, 'TLS_MATERIAL_UNUSED', { path: `${path}.${key}`, origin }, message, fix);
  }
}

/** In the catalog `enabled: false` beside a certificate is meant; `redis://` beside `REDIS_CA` hardly. */
function isAbove(material: Origin, enabled: Origin): boolean {
  const difference = rankOf(material.layer) - rankOf(enabled.layer);
  return difference > 0 || (difference === 0 && material.variable !== undefined);
}

/** What turns TLS on at the layer of an origin: a variable is above the catalog. */
function howToEnable({ variable }: Origin, path: string): string {
  const parts = variable === undefined ? null : splitVariableName(variable);
  if (parts === null) return `Set ${path}.enabled: true`;
  if (parts.field === 'URL') return `Write rediss:// in ${variable}`;
  return `Set ${parts.owner === undefined ? 'REDIS' : `REDIS_${parts.owner}`}_TLS=true`;
}

/** A path or a password where PEM belongs would be trusted, hashed and shipped: refuse it. */
function checkPem(
  material: Traced<Secret | null>,
  key: string,
  path: string,
  context: ResolveContext,
): Traced<Secret | null> {
  const marker = key === 'key' ? /-----BEGIN [A-Z ]*PRIVATE KEY-----/ : /-----BEGIN (TRUSTED )?CERTIFICATE-----/;
  if (material.value === null || marker.test(material.value.reveal())) return material;
  const wanted = key === 'key' ? 'a private key' : 'a certificate';
  const fix = `Give the contents of a PEM file with ${wanted}, { file: PATH }.`;
  report(context, 'TLS_MATERIAL_INVALID', { path, origin: material.origin }, `This is not ${wanted} in PEM form.`, fix);
  return material;
}

/** Staging and production demand TLS with server authentication; `remedy` says what else may be done. */
export function demandTls(tls: ResolvedTls, path: string, remedy: string, context: ResolveContext): void {
  if (!isStrict(context.environment.name)) return;
  if (!tls.enabled.value) {
    const place = { path: `${path}.enabled`, origin: tls.enabled.origin };
    const message = `TLS is off, but ${context.environment.name} demands it.`;
    report(context, 'TLS_REQUIRED', place, message, `${howToEnable(tls.enabled.origin, path)}, ${remedy}`);
  } else if (!tls.rejectUnauthorized.value) {
    const message = `The server's certificate is not verified, but ${context.environment.name} demands it.`;
    const place = { path: `${path}.rejectUnauthorized`, origin: tls.rejectUnauthorized.origin };
    report(context, 'TLS_REQUIRED', place, message, `Remove rejectUnauthorized: false and set ${path}.ca, ${remedy}`);
  }
}
