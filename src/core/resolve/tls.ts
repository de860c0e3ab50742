import { TLS_VERSIONS } from '../catalog-schema.ts';
import { isStrict } from '../environment.ts';
import type { Traced } from '../origin.ts';
import type { ResolvedTls } from '../resolved.ts';
import type { Secret } from '../secret.ts';
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
    report(
      context,
      'TLS_MATERIAL_INCOMPLETE',
      { path: `${path}.${missing}`, origin },
      message,
      `Set ${path}.${missing}, or remove the other.`,
    );
  }
  return tls;
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

/** Staging and production demand TLS with server authentication, or a reason. */
export function demandTls(tls: ResolvedTls, waived: boolean, path: string, context: ResolveContext): void {
  if (!isStrict(context.environment.name) || waived) return;
  const remedy = `or waive it with a reason: ${path.replace(/\.tls$/, '')}.waive.tls.`;
  if (!tls.enabled.value) {
    const message = `TLS is off, but ${context.environment.name} demands it.`;
    report(
      context,
      'TLS_REQUIRED',
      { path: `${path}.enabled`, origin: tls.enabled.origin },
      message,
      `Set ${path}.enabled: true, ${remedy}`,
    );
  } else if (!tls.rejectUnauthorized.value) {
    const message = `The server's certificate is not verified, but ${context.environment.name} demands it.`;
    const place = { path: `${path}.rejectUnauthorized`, origin: tls.rejectUnauthorized.origin };
    report(context, 'TLS_REQUIRED', place, message, `Remove rejectUnauthorized: false and set ${path}.ca, ${remedy}`);
  }
}
