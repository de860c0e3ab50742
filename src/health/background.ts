import type { ObservedServer } from '../core/diagnosis/observed.ts';
import type { ConnectionTarget } from '../core/target.ts';
import type { Clock } from '../redis/clock.ts';
import { type CredentialsProof, proveCredentials } from '../redis/credentials.ts';
import type { RedisPool } from '../redis/pool.ts';
import { NOT_OBSERVED, observeServer } from '../redis/server-facts.ts';
import { Lane } from './lane.ts';

export interface BackgroundIntervals {
  /** Default 10 s. */
  readonly serverFactsIntervalMs?: number;
  /** Default 30 s. */
  readonly credentialsIntervalMs?: number;
}

export interface BackgroundOptions extends BackgroundIntervals {
  readonly target: ConnectionTarget;
  readonly pool: RedisPool;
  readonly clock: Clock;
  readonly random: () => number;
  /** Told when something new was learned. */
  readonly onChange: () => void;
}

const SERVER_FACTS_INTERVAL_MS = 10_000;
const CREDENTIALS_INTERVAL_MS = 30_000;
/** After a failure. Wrong credentials are noted in the server's ACL LOG, so not too often. */
const SERVER_FACTS_RETRY_MS = 2000;
const CREDENTIALS_RETRY_MS = 5000;
const OBSERVE_TIMEOUT_MS = 1000;

/** What is too slow or too expensive for a request: facts about the server, and new connections to prove that they work. */
export class Background implements Disposable {
  readonly #options: BackgroundOptions;
  readonly #serverLane: Lane;
  readonly #credentialsLane: Lane;
  #isSuspended = true;
  #server: ObservedServer = NOT_OBSERVED;
  #credentials: CredentialsProof | null = null;

  constructor(options: BackgroundOptions) {
    this.#options = options;
    const { random } = options;
    this.#serverLane = new Lane({ random, work: () => this.#observeServer() });
    this.#credentialsLane = new Lane({ random, work: (signal) => this.#proveCredentials(signal) });
  }

  /** What was seen last, also during an outage: it carries its time. */
  get server(): ObservedServer {
    return this.#server;
  }

  /** Null: not proven since the start or the last outage. */
  get credentials(): CredentialsProof | null {
    return this.#credentials;
  }

  /** Redis is there, for the first time or again. */
  resume(): void {
    this.#isSuspended = false;
    this.#serverLane.trigger();
    this.#credentialsLane.trigger();
  }

  /** Redis is not there: nothing to ask. */
  suspend(): void {
    this.#isSuspended = true;
    this.#credentials = null;
  }

  [Symbol.dispose](): void {
    this.#serverLane[Symbol.dispose]();
    this.#credentialsLane[Symbol.dispose]();
  }

  async #observeServer(): Promise<number> {
    const { pool, clock, onChange, serverFactsIntervalMs = SERVER_FACTS_INTERVAL_MS } = this.#options;
    if (this.#isSuspended) return serverFactsIntervalMs;
    const acquired = await pool.acquire(OBSERVE_TIMEOUT_MS);
    if (!acquired.ok) return SERVER_FACTS_RETRY_MS;
    const at = new Date(clock.wallMs()).toISOString();
    const observed = await observeServer(acquired.connection, { timeoutMs: OBSERVE_TIMEOUT_MS, at });
    if (observed === null) {
      pool.discard(acquired.connection);
      return SERVER_FACTS_RETRY_MS;
    }
    pool.release(acquired.connection);
    this.#server = observed;
    onChange();
    return serverFactsIntervalMs;
  }

  async #proveCredentials(signal: AbortSignal): Promise<number> {
    const { target, pool, onChange, credentialsIntervalMs = CREDENTIALS_INTERVAL_MS } = this.#options;
    if (this.#isSuspended) return credentialsIntervalMs;
    const proof = await proveCredentials(target, { timeoutMs: pool.connectTimeoutMs, signal });
    if (signal.aborted || this.#isSuspended) return credentialsIntervalMs;
    this.#credentials = proof;
    onChange();
    return proof.ok ? credentialsIntervalMs : Math.min(CREDENTIALS_RETRY_MS, credentialsIntervalMs);
  }
}
