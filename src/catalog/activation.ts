import { randomBytes } from 'node:crypto';
import type { Access } from '../core/access.ts';
import { isStrict } from '../core/environment.ts';
import { errorsIn, type Finding, hasErrors } from '../core/finding.ts';
import type { ActivationEvent, Refusal, Waiting } from './activation-event.ts';
import { guardRemoval } from './guards.ts';
import { describeChanges, History, type HistoryEntry } from './history.ts';
import { type Preflight, pendingPreflight, runPreflight } from './preflight.ts';
import { codeOf, failures, pause, sameOutcome, toFinding } from './proof.ts';
import {
  buildCandidate,
  type Candidate,
  prepareRevision,
  type Revision,
  type Surroundings,
  subjectsOfCandidate,
} from './revision.ts';
import { type ParseCatalog, readSources, type SourceSettings, type Sources } from './sources.ts';

export interface ActivationOptions {
  readonly settings: SourceSettings;
  readonly surroundings: Surroundings;
  readonly parse: ParseCatalog;
  readonly preflightDeadlineMs: number;
  readonly now: () => Date;
  readonly onEvent: (event: ActivationEvent) => void;
}

const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 1000;

/**
 * Holds the active revision and brings in new ones, one at a time: read, resolve, prove, swap. A candidate that fails
 * changes nothing. The number of the revision only grows.
 */
export class Activation implements AsyncDisposable {
  readonly #options: ActivationOptions;
  readonly #history = new History();
  readonly #instance = randomBytes(9).toString('base64url');
  readonly #stop = new AbortController();
  #active: Revision | null = null;
  #declared: Sources | null = null;
  /** Of the last valid candidate. */
  #declaredAccess: Access | null = null;
  #refusal: Refusal | null = null;
  /** Digest of what the refusal is about. */
  #refused: string | null = null;
  #waiting: Waiting | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #proving: { readonly digest: string; readonly cancel: AbortController; readonly done: Promise<void> } | null = null;

  constructor(options: ActivationOptions) {
    this.#options = options;
  }

  get active(): Revision | null {
    return this.#active;
  }

  /** What was proposed last, whatever became of it. */
  get declared(): Sources | null {
    return this.#declared;
  }

  /** Who may read what: as the active revision says, before the first one as the last valid candidate says. */
  get access(): Access | null {
    return this.#active?.access ?? this.#declaredAccess;
  }

  get refusal(): Refusal | null {
    return this.#refusal;
  }

  get waiting(): Waiting | null {
    return this.#waiting;
  }

  get history(): readonly HistoryEntry[] {
    return this.#history.entries;
  }

  /** Reads everything that is declared, as it is now. */
  read(): Promise<Sources> {
    return readSources(this.#options.settings, this.#options.parse, this.#options.now().toISOString());
  }

  /**
   * Brings in what was read: resolves once it is active, refused, or waiting for Redis, or once all ends. Calls run one
   * after the other.
   */
  propose(sources: Sources): Promise<'activated' | 'refused' | 'waiting' | 'ended'> {
    const { signal } = this.#stop;
    const outcome = this.#queue
      .then(() => (signal.aborted ? ('ended' as const) : this.#bringIn(sources)))
      .catch((error: unknown) => {
        if (signal.aborted) return 'ended' as const;
        throw error;
      });
    this.#queue = outcome.catch(() => undefined); // the caller gets the rejection
    return outcome;
  }

  /** Proves and activates nothing more. What is active stays. */
  end(): void {
    this.#stop.abort();
  }

  async #bringIn(sources: Sources): Promise<'activated' | 'refused' | 'waiting'> {
    this.#declared = sources;
    // what cannot be read has consequences everywhere: they would only hide the cause
    if (hasErrors(sources.problems)) return this.#refuse(sources, sources.problems);
    const candidate = await buildCandidate(sources, this.#options.surroundings);
    const removal = this.#active === null ? null : guardRemoval(this.#active, candidate);
    const findings = removal === null ? candidate.findings : [removal, ...candidate.findings];
    if (hasErrors(findings)) return this.#refuse(sources, errorsIn(findings));
    this.#declaredAccess = candidate.resolution.access;
    await this.#cancelProving(); // only now: what is turned down must not end the proof of what was good
    const strict = isStrict(this.#options.surroundings.environment.name);
    if (!strict && this.#active === null) return this.#startUnproven(candidate);
    const preflight = await this.#prove(candidate, this.#stop.signal);
    const broken = failures(preflight, 'configuration');
    if (strict && broken.length > 0) {
      this.#waiting = null;
      this.#proveLater(candidate, preflight); // the server may be the one that is wrong, and be mended
      return this.#refuse(sources, broken.map(toFinding));
    }
    if (strict && failures(preflight).length > 0) return this.#wait(candidate, preflight);
    await this.#activate(candidate, preflight, 'declared');
    if (failures(preflight).length > 0) this.#proveLater(candidate, preflight);
    return 'activated';
  }

  /** Outside strict environments nobody waits for Redis at the start: the proof makes the next revision. */
  async #startUnproven(candidate: Candidate): Promise<'activated'> {
    const pending = pendingPreflight(subjectsOfCandidate(candidate));
    await this.#activate(candidate, pending, 'declared');
    this.#proveLater(candidate, pending);
    return 'activated';
  }

  #prove(candidate: Candidate, signal: AbortSignal): Promise<Preflight> {
    const { preflightDeadlineMs, now, surroundings } = this.#options;
    const network = surroundings.network.name;
    return runPreflight(subjectsOfCandidate(candidate), { network, deadlineMs: preflightDeadlineMs, signal, now });
  }

  #refuse(sources: Sources, reasons: readonly Finding[]): 'refused' {
    const refusal = { at: this.#options.now().toISOString(), reasons };
    this.#refusal = refusal;
    this.#refused = sources.digest;
    this.#options.onEvent({ type: 'refused', refusal, kept: this.#active?.number ?? null });
    return 'refused';
  }

  #wait(candidate: Candidate, preflight: Preflight): 'waiting' {
    this.#refusal = null;
    this.#noteWaiting(preflight);
    this.#proveLater(candidate, preflight);
    return 'waiting';
  }

  #noteWaiting(preflight: Preflight): void {
    const faults = failures(preflight);
    const changed = JSON.stringify(faults.map(codeOf)) !== JSON.stringify(this.#waiting?.faults.map(codeOf));
    const since = this.#waiting?.since ?? this.#options.now().toISOString();
    this.#waiting = { since, faults };
    if (changed) this.#options.onEvent({ type: 'waiting', waiting: this.#waiting });
  }

  /** Everything is prepared first, then all of it changes at once. */
  async #activate(candidate: Candidate, preflight: Preflight, because: 'declared' | 'proven'): Promise<void> {
    const { digest } = candidate.sources;
    const previous = this.#active;
    const cause = previous === null ? 'start' : previous.sources.digest === digest ? 'preflight' : 'change';
    const number = (previous?.number ?? 0) + 1;
    const activatedAt = this.#options.now().toISOString();
    const identity = { number, activatedAt, etag: `"${this.#instance}.${number}"` };
    const revision = await prepareRevision(candidate, identity, preflight);
    const entry = await describeChanges(previous, revision, cause);
    this.#active = revision;
    this.#history.add(entry);
    this.#waiting = null;
    // a proof that was long under way does not make good what was refused meanwhile
    if (because === 'declared' || this.#refused === digest) this.#refusal = null;
    this.#options.onEvent({ type: 'activated', revision, entry });
  }

  /** Proves in the background until it is done, or until another candidate comes. */
  #proveLater(candidate: Candidate, preflight: Preflight): void {
    const cancel = new AbortController();
    const signal = AbortSignal.any([cancel.signal, this.#stop.signal]);
    const done = this.#proveUntilDone(candidate, preflight, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    this.#proving = { digest: candidate.sources.digest, cancel, done };
  }

  async #proveUntilDone(candidate: Candidate, first: Preflight, signal: AbortSignal): Promise<void> {
    const strict = isStrict(this.#options.surroundings.environment.name);
    let known = first;
    for (let delayMs = RETRY_MIN_MS; ; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      if (known !== first || failures(first).length > 0) await pause(delayMs, signal);
      const preflight = await this.#prove(candidate, signal);
      signal.throwIfAborted();
      if (failures(preflight).length > 0 && strict) this.#noteFailure(candidate, known, preflight);
      else if (failures(preflight).length === 0 || !sameOutcome(known, preflight)) {
        await this.#activate(candidate, preflight, 'proven');
      }
      if (failures(preflight).length === 0) return;
      known = preflight;
    }
  }

  /** In a strict environment: a configuration fault is a refusal, anything else a reason to wait. */
  #noteFailure(candidate: Candidate, known: Preflight, preflight: Preflight): void {
    const broken = failures(preflight, 'configuration');
    if (broken.length === 0) this.#noteWaiting(preflight);
    else if (!sameOutcome(known, preflight)) {
      this.#waiting = null;
      if (this.#refusal !== null && this.#refused !== candidate.sources.digest) return; // of a later file: that counts
      this.#refuse(candidate.sources, broken.map(toFinding));
    }
  }

  /** What was declared is again what is active: nothing is refused and nothing waits any more. */
  withdraw(): Promise<void> {
    const withdrawn = this.#queue.then(async () => {
      if (this.#proving?.digest !== this.#active?.sources.digest) await this.#cancelProving();
      this.#refusal = null;
      this.#waiting = null;
    });
    this.#queue = withdrawn.catch(() => undefined);
    return withdrawn;
  }

  async #cancelProving(): Promise<void> {
    const proving = this.#proving;
    this.#proving = null;
    proving?.cancel.abort();
    await proving?.done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#cancelProving();
    await this.#queue;
  }
}
