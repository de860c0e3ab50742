import type { Secret } from './secret.ts';

export type ReadingProblem = 'missing' | 'empty' | 'not-a-file' | 'too-large' | 'unreadable' | 'not-text';

/** What a provider read. `readAt` is ISO 8601. */
export type SecretReading =
  | { readonly ok: true; readonly secret: Secret; readonly readAt: string }
  | { readonly ok: false; readonly problem: ReadingProblem };

/** Readings by reference, `env:NAME` or `file:PATH`. */
export type SecretReadings = ReadonlyMap<string, SecretReading>;

const WORDS = {
  missing: ['does not exist', 'Set or mount it.'],
  empty: ['is empty', 'Give it a value, or remove the reference.'],
  'not-a-file': ['is not a regular file', 'Point to a regular file; a symlink to one is fine.'],
  'too-large': ['is larger than 1 MiB, so it is no secret', 'Point to the right file.'],
  unreadable: ['cannot be opened', 'Let the user of this process read it (mode, owner, mount).'],
  'not-text': ['is not UTF-8 text', 'Store the secret as UTF-8 text.'],
} as const satisfies Record<ReadingProblem, readonly [string, string]>;

/** Cause and fix of a failed reading, in own words. */
export function describeReading(
  reading: SecretReading | undefined,
  what: string,
): readonly [message: string, fix: string] {
  const problem = reading === undefined || reading.ok ? 'missing' : reading.problem;
  const [state, fix] = WORDS[problem];
  const sentence = `${what} ${state}.`;
  return [sentence.charAt(0).toUpperCase() + sentence.slice(1), fix];
}
