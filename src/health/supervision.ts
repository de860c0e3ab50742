import { subjectsOf, targetsOf } from '../catalog/preflight.ts';
import type { Revision } from '../catalog/revision.ts';
import { plain } from '../core/render/configuration.ts';
import type { Secret } from '../core/secret.ts';
import type { ConnectionTarget } from '../core/target.ts';
import type { Thresholds } from '../core/thresholds.ts';
import { type DeploymentMonitor, type SuperviseOptions, superviseDeployment } from './monitor.ts';

interface Supervised {
  readonly target: ConnectionTarget;
  readonly thresholds: Thresholds;
  readonly monitor: DeploymentMonitor;
}

/**
 * One monitor for each deployment of the active revision that can be watched. A revision that leaves a deployment as
 * it was leaves its monitor, its connections and its statistics alone.
 */
export class Supervision implements AsyncDisposable {
  readonly #options: Omit<SuperviseOptions, 'thresholds'>;
  readonly #supervised = new Map<string, Supervised>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: Omit<SuperviseOptions, 'thresholds'>) {
    this.#options = options;
  }

  get monitors(): ReadonlyMap<string, DeploymentMonitor> {
    return new Map([...this.#supervised].map(([name, { monitor }]) => [name, monitor]));
  }

  /** Follows a new revision. Monitors that are no longer needed end in the background. */
  follow(revision: Revision): void {
    const wanted = wantedBy(revision);
    for (const [name, supervised] of this.#supervised) {
      const next = wanted.get(name);
      if (
        next !== undefined &&
        sameTarget(supervised.target, next.target) &&
        sameThresholds(supervised.thresholds, next.thresholds)
      )
        continue;
      this.#supervised.delete(name);
      this.#end(supervised.monitor);
    }
    for (const [name, { target, thresholds }] of wanted) {
      if (this.#supervised.has(name)) continue;
      const monitor = superviseDeployment(target, { ...this.#options, thresholds });
      this.#supervised.set(name, { target, thresholds, monitor });
    }
  }

  #end(monitor: DeploymentMonitor): void {
    const ended = dispose(monitor).finally(() => this.#ending.delete(ended));
    this.#ending.add(ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { monitor } of this.#supervised.values()) this.#end(monitor);
    this.#supervised.clear();
    await Promise.all(this.#ending);
  }
}

async function dispose(monitor: DeploymentMonitor): Promise<void> {
  await monitor[Symbol.asyncDispose]();
}

function wantedBy(revision: Revision): Map<string, { target: ConnectionTarget; thresholds: Thresholds }> {
  const services = revision.template === null ? revision.services.values() : [revision.template];
  const wanted = new Map<string, { target: ConnectionTarget; thresholds: Thresholds }>();
  for (const [name, subject] of subjectsOf(revision.deployments, services)) {
    const target = targetsOf(subject, revision.network)[0];
    if (target !== undefined) wanted.set(name, { target, thresholds: plain(subject.deployment.thresholds) });
  }
  return wanted;
}

/** Equal in everything, secrets included; these show no more than whether they are set when they become JSON. */
function sameTarget(a: ConnectionTarget, b: ConnectionTarget): boolean {
  if (JSON.stringify(a) !== JSON.stringify(b)) return false;
  return (
    sameSecret(a.password, b.password) &&
    sameSecret(a.tls?.ca, b.tls?.ca) &&
    sameSecret(a.tls?.cert, b.tls?.cert) &&
    sameSecret(a.tls?.key, b.tls?.key)
  );
}

function sameSecret(a: Secret | null | undefined, b: Secret | null | undefined): boolean {
  return a === b || (a != null && b != null && a.equals(b));
}

function sameThresholds(a: Thresholds, b: Thresholds): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
