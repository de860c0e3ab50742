import type { Fault } from '../core/diagnosis/faults.ts';
import type { Finding } from '../core/finding.ts';
import type { Preflight } from './preflight.ts';

/** What failed, of one class or of any, by deployment. */
export function failures(preflight: Preflight, ofClass?: Fault['class']): [string, Fault][] {
  return [...preflight].flatMap(([name, { status, fault }]): [string, Fault][] =>
    status === 'failed' && fault !== null && (ofClass === undefined || fault.class === ofClass) ? [[name, fault]] : [],
  );
}

export function codeOf([name, fault]: readonly [string, Fault]): string {
  return `${name} ${fault.code}`;
}

/** Would a log line say the same of both? */
export function sameOutcome(a: Preflight, b: Preflight): boolean {
  const words = (preflight: Preflight): string =>
    JSON.stringify([...preflight].map(([name, { status, fault }]) => [name, status, fault?.code]));
  return words(a) === words(b);
}

/** A fault as a reason to refuse. */
export function toFinding([deployment, fault]: readonly [string, Fault]): Finding {
  const path = `deployments.${deployment}`;
  return { code: fault.code, severity: 'error', path, origin: null, message: fault.cause, fix: fault.fix };
}

/** Waits, unless the signal ends it; the timer keeps no process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
