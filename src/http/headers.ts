/** Every answer carries these, as raw name and value pairs: nothing here may be cached, sniffed, framed or linked. */
export const COMMON_HEADERS: readonly string[] = [
  'cache-control',
  'no-store',
  'x-content-type-options',
  'nosniff',
  'content-security-policy',
  "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy',
  'no-referrer',
];

export const COMMON_HEADER_MAP: Readonly<Record<string, string>> = Object.fromEntries(
  COMMON_HEADERS.flatMap((name, index) => (index % 2 === 0 ? [[name, COMMON_HEADERS[index + 1] ?? '']] : [])),
);

/** True when `If-None-Match` names the validator (RFC 9110 13.1.2: weak comparison, a list, or `*`). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag) return true;
  if (header.trim() === '*') return true;
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}
