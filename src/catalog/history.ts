import { explainDeployment, explainService, isLeaf } from '../core/render/explanation.ts';
import { Secret } from '../core/secret.ts';
import type { Revision } from './revision.ts';
import { inSlices } from './slices.ts';

const REVISIONS_KEPT = 20;
const CHANGES_KEPT = 100;

/** A leaf that differs between two revisions. Secrets show only that they changed. */
export interface Change {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

export interface HistoryEntry {
  readonly revision: number;
  readonly activatedAt: string;
  readonly cause: 'start' | 'change' | 'preflight';
  readonly changes: readonly Change[];
  /** How many there were; `changes` holds the first 100. */
  readonly changesTotal: number;
}

/** The last 20 revisions, newest first. */
export class History {
  readonly #entries: HistoryEntry[] = [];

  /** A copy: answers that are still being written keep the history of their revision. */
  get entries(): readonly HistoryEntry[] {
    return [...this.#entries];
  }

  add(entry: HistoryEntry): void {
    this.#entries.unshift(entry);
    this.#entries.length = Math.min(this.#entries.length, REVISIONS_KEPT);
  }
}

/** What a revision changes, as the history keeps it. */
export async function describeChanges(
  previous: Revision | null,
  next: Revision,
  cause: HistoryEntry['cause'],
): Promise<HistoryEntry> {
  const changes: Change[] = [];
  let changesTotal = 0;
  const note = (change: Change): void => {
    changesTotal += 1;
    if (changes.length < CHANGES_KEPT) changes.push(change);
  };
  if (previous !== null) await compareRevisions(previous, next, note);
  return { revision: next.number, activatedAt: next.activatedAt, cause, changes, changesTotal };
}

async function compareRevisions(previous: Revision, next: Revision, note: (change: Change) => void): Promise<void> {
  compareMaps(previous.deployments, next.deployments, 'deployments', explainDeployment, note);
  const names = new Set([...previous.services.keys(), ...next.services.keys()]);
  await inSlices(names, (name) => {
    const [before, after] = [previous.services.get(name), next.services.get(name)];
    if (before !== after)
      compareViews(before && explainService(before), after && explainService(after), `services.${name}`, note);
  });
  for (const [name, outcome] of next.preflight) {
    const before = previous.preflight.get(name)?.status;
    if (before !== outcome.status && before !== undefined)
      note({ path: `preflight.${name}`, from: before, to: outcome.status });
  }
}

function compareMaps<T>(
  previous: ReadonlyMap<string, T>,
  next: ReadonlyMap<string, T>,
  path: string,
  explain: (value: T) => Record<string, unknown>,
  note: (change: Change) => void,
): void {
  for (const name of new Set([...previous.keys(), ...next.keys()])) {
    const [before, after] = [previous.get(name), next.get(name)];
    if (before !== after) compareViews(before && explain(before), after && explain(after), `${path}.${name}`, note);
  }
}

function compareViews(before: unknown, after: unknown, path: string, note: (change: Change) => void): void {
  if (before === undefined || after === undefined) {
    note({ path, from: before === undefined ? null : 'present', to: after === undefined ? null : 'present' });
    return;
  }
  compareTrees(before, after, path, note);
}

/** Walks both views at once; what they share is not looked at. */
function compareTrees(before: unknown, after: unknown, path: string, note: (change: Change) => void): void {
  if (before === after) return;
  const from = isLeaf(before) ? before.value : null;
  const to = isLeaf(after) ? after.value : null;
  if (!same(from, to)) note({ path, from, to });
  const [old, fresh] = [branchesOf(before), branchesOf(after)];
  for (const [key, view] of Object.entries(old))
    compareTrees(view, Object.hasOwn(fresh, key) ? fresh[key] : undefined, `${path}.${key}`, note);
  for (const [key, view] of Object.entries(fresh))
    if (!Object.hasOwn(old, key)) compareTrees(undefined, view, `${path}.${key}`, note);
}

const NONE: Readonly<Record<string, unknown>> = {};

function branchesOf(view: unknown): Readonly<Record<string, unknown>> {
  return typeof view === 'object' && view !== null && !isLeaf(view) ? (view as typeof NONE) : NONE; // as views are made
}

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Secret && b instanceof Secret) return a.equals(b);
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
