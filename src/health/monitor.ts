import type { FaultCode } from '../core/diagnosis/faults.ts';
import { isUsable, type Status } from '../core/diagnosis/judge.ts';
import type { ConnectionTarget } from '../core/target.ts';
import type { Thresholds } from '../core/thresholds.ts';
import { type Clock, SYSTEM_CLOCK } from '../redis/clock.ts';
import { pause } from '../redis/deadline.ts';
import { EventLoopDelay } from '../redis/event-loop-delay.ts';
import type { PingOutcome } from '../redis/ping.ts';
import { RedisPool } from '../redis/pool.ts';
import { Probe } from '../redis/probe.ts';
import type { TlsFacts } from '../redis/socket.ts';
import { Background, type BackgroundIntervals } from './background.ts';
import type { DeploymentHealth } from './deployment-health.ts';
import { type Diagnose, Diagnosis } from './diagnosis.ts';
import { toHealth } from './observation.ts';
import { ProbeWindow } from './window.ts';

/** From one verdict to another; `from` is null for the first one. */
export interface StateChange {
  readonly deployment: string;
  readonly from: Status | null;
  readonly to: Status;
  /** ISO 8601. */
  readonly at: string;
  /** Why it fails; null when it does not. */
  readonly code: FaultCode | null;
}

export interface SuperviseOptions extends BackgroundIntervals {
  readonly thresholds: Thresholds;
  /** Each answer comes within this time. */
  readonly deadlineMs: number;
  readonly diagnose: Diagnose;
  /** Called apart from the probing: what it throws does not disturb it. */
  readonly onStateChange: (event: StateChange) => void;
  readonly clock?: Clock;
  /** From 0 to 1. */
  readonly random?: () => number;
}

export interface DeploymentMonitor extends AsyncDisposable {
  readonly deployment: string;
  /**
   * The verdict after a PING that is sent after this call. All who share that PING get the same object. While Redis is
   * known to be down: at once. Never rejects; settles within `deadlineMs`.
   */
  check(deadlineMs?: number): Promise<DeploymentHealth>;
  /** The verdict by what is known, without asking Redis. At most about a second old. */
  snapshot(): DeploymentHealth;
  /** Ends within a second, whatever hangs. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What an answer still needs after its PING: to be judged, rendered and sent. */
const ANSWER_MARGIN_MS = 40;
const DISPOSE_TIMEOUT_MS = 1000;

/** Watches one standalone deployment over a pool that is built from the configuration that consumers get. */
export function superviseDeployment(target: ConnectionTarget, options: SuperviseOptions): DeploymentMonitor {
  return new Supervisor(target, options);
}

class Supervisor implements DeploymentMonitor {
  readonly #target: ConnectionTarget;
  readonly #options: SuperviseOptions;
  readonly #clock: Clock;
  readonly #window: ProbeWindow;
  readonly #eventLoop: EventLoopDelay;
  readonly #diagnosis: Diagnosis;
  readonly #background: Background;
  readonly #pool: RedisPool;
  readonly #probe: Probe;
  #outcome: PingOutcome | null = null;
  #isUsable = false;
  #tls: TlsFacts | null = null;
  #failingSince: string | null = null;
  #health: DeploymentHealth | null = null;

  constructor(target: ConnectionTarget, options: SuperviseOptions) {
    const { clock = SYSTEM_CLOCK, random = Math.random, diagnose, deadlineMs } = options;
    const onChange = () => this.#refresh();
    this.#target = target;
    this.#options = options;
    this.#clock = clock;
    this.#window = new ProbeWindow(clock);
    this.#eventLoop = new EventLoopDelay(clock);
    this.#diagnosis = new Diagnosis({ target, diagnose, clock, onChange });
    this.#pool = new RedisPool(target, { clock, onBroken: () => this.#probe.nudge() });
    this.#background = new Background({ ...options, target, clock, random, pool: this.#pool, onChange });
    this.#probe = new Probe({
      pool: this.#pool,
      clock,
      random,
      eventLoop: this.#eventLoop,
      timeoutMs: deadlineMs - ANSWER_MARGIN_MS,
      connectTimeoutMaxMs: target.timeouts.connectMs,
      onOutcome: (outcome) => this.#learn(outcome),
    });
  }

  get deployment(): string {
    return this.#target.deployment;
  }

  async check(deadlineMs = this.#options.deadlineMs): Promise<DeploymentHealth> {
    const outcome = await this.#probe.probe(deadlineMs - ANSWER_MARGIN_MS);
    return outcome === this.#outcome && this.#health !== null ? this.#health : this.#compose(outcome);
  }

  snapshot(): DeploymentHealth {
    return this.#compose(this.#outcome);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of [this.#background, this.#diagnosis, this.#eventLoop]) part[Symbol.dispose]();
    const ended = Promise.all([this.#probe[Symbol.asyncDispose](), this.#pool[Symbol.asyncDispose]()]);
    await Promise.race([ended, pause(DISPOSE_TIMEOUT_MS, new AbortController().signal)]);
  }

  #learn(outcome: PingOutcome): void {
    const wasUsable = this.#isUsable;
    this.#outcome = outcome;
    this.#isUsable = isUsable(outcome);
    if (outcome.kind === 'no-answer' || !this.#isUsable) this.#learnFailure(outcome);
    else this.#learnSuccess(outcome, wasUsable);
    this.#refresh();
  }

  #learnSuccess(
    { latencyMs, eventLoopDelayMs }: Extract<PingOutcome, { latencyMs: number }>,
    wasUsable: boolean,
  ): void {
    this.#window.record({ ok: true, latencyMs: latencyMs - eventLoopDelayMs });
    this.#tls = this.#pool.sample()?.tls ?? this.#tls;
    void this.#pool.fill(this.#pool.connectTimeoutMs);
    if (!wasUsable) this.#background.resume();
  }

  #learnFailure(outcome: PingOutcome): void {
    if (outcome.kind === 'pong') return;
    this.#window.record({ ok: false, code: outcome.code });
    this.#background.suspend();
    this.#diagnosis.examine(outcome.code);
  }

  /** Judges anew and tells when the verdict is another one. */
  #refresh(): void {
    const { credentials } = this.#background;
    if (this.#isUsable && credentials?.ok === false) this.#diagnosis.examine(credentials.code);
    else if (this.#isUsable) this.#diagnosis.reset();
    const from = this.#health?.status ?? null;
    const health = this.#compose(this.#outcome);
    this.#health = health;
    this.#failingSince = health.fault?.since ?? null;
    if (health.status === from) return;
    const at = new Date(this.#clock.wallMs()).toISOString();
    const event = { deployment: this.deployment, from, to: health.status, at, code: health.fault?.code ?? null };
    queueMicrotask(() => this.#options.onStateChange(event));
  }

  #compose(outcome: PingOutcome | null): DeploymentHealth {
    return toHealth({
      target: this.#target,
      thresholds: this.#options.thresholds,
      nowMs: this.#clock.wallMs(),
      outcome,
      credentials: this.#background.credentials,
      server: this.#background.server,
      window: this.#window.summary(),
      pool: this.#pool.statistics(),
      tls: this.#tls,
      failingSince: this.#failingSince,
      faultFor: (code) => this.#diagnosis.faultFor(code),
    });
  }
}
