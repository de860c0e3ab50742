import { createHash } from 'node:crypto';

/** A secret that was planted; `name` tells where. */
export interface Canary {
  readonly name: string;
  readonly value: string;
}

/** Something that left the service. */
export interface Evidence {
  readonly where: string;
  readonly text: string;
}

export interface Leak {
  readonly where: string;
  readonly canary: string;
  /** In which form it was found. */
  readonly how: string;
}

const WINDOW = 6;
const HASHES = ['sha256', 'sha1', 'md5', 'sha512'] as const;
/** Already this much of a hash is enough to test guesses. */
const HASH_PREFIX = 12;

/**
 * Finds every trace of a canary: raw and in the usual encodings, reversed, hashed without a key, and every window of
 * six characters, also within what is encoded. Pure.
 */
export function findLeaks(evidence: readonly Evidence[], canaries: readonly Canary[]): Leak[] {
  const searched = canaries.map((canary) => ({
    canary,
    needles: needlesOf(canary.value),
    windows: windowsOf(canary.value),
  }));
  const leaks: Leak[] = [];
  for (const [text, places] of byText(evidence)) {
    const views = viewsOf(text);
    for (const { canary, needles, windows } of searched) {
      const found = new Set<string>();
      for (const [how, needle] of needles) if (text.includes(needle)) found.add(how);
      for (const [view, content] of views)
        if (windows.some((window) => content.includes(window))) found.add(`6 characters, ${view}`);
      for (const how of found) for (const where of places) leaks.push({ where, canary: canary.name, how });
    }
  }
  return leaks;
}

/** The same text often leaves many times. */
function byText(evidence: readonly Evidence[]): Map<string, Set<string>> {
  const grouped = new Map<string, Set<string>>();
  for (const { where, text } of evidence) grouped.set(text, (grouped.get(text) ?? new Set()).add(where));
  return grouped;
}

function windowsOf(value: string): string[] {
  return Array.from({ length: Math.max(0, value.length - WINDOW + 1) }, (_, at) => value.slice(at, at + WINDOW));
}

type Form = readonly [how: string, needle: string];

function needlesOf(value: string): Form[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  const codes = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  return [
    ['raw', value],
    ['percent-encoded', encodeURIComponent(value)],
    ['percent-encoded', codes.map((code) => `%${code}`).join('')],
    ['percent-encoded', codes.map((code) => `%${code.toUpperCase()}`).join('')],
    ['form-encoded', new URLSearchParams({ v: value }).toString().slice(2)],
    ['JSON-escaped', json],
    ['JSON-escaped twice', JSON.stringify(json).slice(1, -1)],
    ['HTML-escaped', value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)],
    ['hexadecimal', codes.join('')],
    ['hexadecimal', codes.join('').toUpperCase()],
    ['reversed', [...value].reverse().join('')],
    ...base64Needles(bytes),
    ...HASHES.flatMap((algorithm) => hashNeedles(algorithm, bytes)),
  ];
}

/** Base64 looks different at each of the three places in its groups; what does not depend on the neighbours is searched. */
function base64Needles(bytes: Buffer): Form[] {
  return [0, 1, 2].flatMap((before): Form[] => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const stable = encoded.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
    return [
      ['base64', stable],
      ['base64url', stable.replaceAll('+', '-').replaceAll('/', '_')],
    ];
  });
}

function hashNeedles(algorithm: string, bytes: Buffer): Form[] {
  const digest = createHash(algorithm).update(bytes).digest();
  const how = `${algorithm} hash`;
  return [
    [how, digest.toString('hex').slice(0, HASH_PREFIX)],
    [how, digest.toString('hex').toUpperCase().slice(0, HASH_PREFIX)],
    [how, digest.toString('base64').slice(0, HASH_PREFIX)],
    [how, digest.toString('base64url').slice(0, HASH_PREFIX)],
  ];
}

/** The text itself and what it says when parts of it are decoded. */
function viewsOf(text: string): Form[] {
  return [
    ['raw', text],
    ['percent-encoded', decodePercent(text)],
    ['JSON-escaped', decodeJson(text)],
    ['hexadecimal', decodeTokens(text, /[0-9a-f]{12,}/gi, (token) => [token, token.slice(1)], 'hex')],
    [
      'base64',
      decodeTokens(text, /[A-Za-z0-9+/_-]{8,}/g, (token) => [0, 1, 2, 3].map((at) => token.slice(at)), 'base64'),
    ],
    ['reversed', [...text].reverse().join('')],
  ];
}

function decodePercent(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  return spaced.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

function decodeJson(text: string): string {
  const plain = text.replace(/\\u([0-9a-f]{4})/gi, (_match, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return plain.replace(/\\(["\\/])/g, '$1');
}

function decodeTokens(
  text: string,
  pattern: RegExp,
  shifts: (token: string) => string[],
  encoding: 'hex' | 'base64',
): string {
  const tokens = new Set(text.match(pattern) ?? []);
  return [...tokens]
    .flatMap(shifts)
    .map((token) => Buffer.from(token, encoding).toString('utf8'))
    .join('\n');
}
