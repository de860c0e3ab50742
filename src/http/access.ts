import { createHash, timingSafeEqual } from 'node:crypto';
import type { Access, Caller } from '../core/access.ts';

/** Who asks: a declared caller, or somebody who may read without being one. */
export type Identity =
  | { readonly kind: 'caller'; readonly caller: Caller }
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'refused' };

const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Callers by the digest of their token. */
type CallerIndex = ReadonlyMap<string, { readonly caller: Caller; readonly digest: Buffer }>;

const indexes = new WeakMap<Access, CallerIndex>();

function indexOf(access: Access): CallerIndex {
  const known = indexes.get(access);
  if (known !== undefined) return known;
  const entries = access.callers.map((caller) => {
    const digest = Buffer.from(caller.tokenSha256, 'hex');
    return [digest.toString('latin1'), { caller, digest }] as const;
  });
  const index = new Map(entries);
  indexes.set(access, index);
  return index;
}

/**
 * Identifies by bearer token (RFC 6750). The token is hashed before it is compared, so that neither look-up nor
 * comparison takes a time that depends on the secret. Without a token: anonymous where that is allowed; with a wrong
 * one: refused, everywhere.
 */
export function identify(access: Access, authorization: string | undefined, anonymousAllowed: boolean): Identity {
  if (authorization === undefined) return anonymousAllowed ? { kind: 'anonymous' } : { kind: 'refused' };
  const token = BEARER.exec(authorization)?.[1];
  if (token === undefined) return { kind: 'refused' };
  const digest = createHash('sha256').update(token).digest();
  const found = indexOf(access).get(digest.toString('latin1'));
  if (found === undefined || !timingSafeEqual(found.digest, digest)) return { kind: 'refused' };
  return { kind: 'caller', caller: found.caller };
}
