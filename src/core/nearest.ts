/** Levenshtein distance, O(a·b); callers bound the lengths. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(substituted, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1);
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

const NAME_LENGTH_MAX = 64;
const CANDIDATES_MAX = 20_000;

/** Up to `limit` of `known` that look like `name`, nearest first; empty where none is within `tolerance` edits. */
export function nearest(
  name: string,
  known: Iterable<string>,
  limit = 3,
  tolerance = Math.floor(name.length / 3) + 1,
): string[] {
  if (name === '' || name.length > NAME_LENGTH_MAX) return [];
  const lower = name.toLowerCase();
  const scored: { candidate: string; score: number }[] = [];
  let seen = 0;
  for (const candidate of known) {
    seen += 1;
    if (seen > CANDIDATES_MAX) break;
    if (Math.abs(candidate.length - name.length) > tolerance && !candidate.startsWith(lower)) continue;
    const score = candidate.startsWith(lower) ? 0.5 : distance(lower, candidate.toLowerCase());
    if (score <= tolerance) scored.push({ candidate, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.candidate < b.candidate ? -1 : 1));
  return scored.slice(0, limit).map(({ candidate }) => candidate);
}

/** ` (did you mean x?)`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const [first] = nearest(name, known, 1);
  return first === undefined ? '' : ` (did you mean ${first}?)`;
}
