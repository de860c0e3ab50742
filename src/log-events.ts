import type { Logger } from 'pino';
import type { ActivationEvent } from './catalog/activation-event.ts';
import type { DevelopmentChoice } from './catalog/development-redis.ts';
import type { Finding } from './core/finding.ts';
import { describeOrigin } from './core/origin.ts';
import type { StateChange } from './health/monitor.ts';

export function logDevelopment(choice: DevelopmentChoice, logger: Logger): void {
  if (choice.started !== null)
    logger.info(
      { ...choice.started.address, pid: choice.started.pid },
      'started a Redis of its own for development: it ends with this process and keeps nothing',
    );
  else if (choice.because === 'unavailable') logger.warn({ cause: choice.cause }, 'no Redis could be started');
  else if (choice.because === 'listening')
    logger.info(
      { address: choice.address },
      'something listens on the default address: it is used, no Redis is started',
    );
}

export function logActivation(event: ActivationEvent, logger: Logger): void {
  if (event.type === 'activated') {
    const { number, services, deployments, preflight, findings } = event.revision;
    const proof = Object.fromEntries([...preflight].map(([name, { status, fault }]) => [name, fault?.code ?? status]));
    const facts = {
      revision: number,
      services: services.size,
      deployments: deployments.size,
      preflight: proof,
      changes: event.entry.changesTotal,
    };
    logger.info(facts, 'configuration active');
    if (event.entry.cause !== 'preflight') logFindings(findings, logger);
  } else if (event.type === 'refused') {
    const { kept, refusal } = event;
    logger.error(
      { keptRevision: kept, reasons: refusal.reasons.map(describeFinding) },
      kept === null
        ? 'configuration refused: nothing is active'
        : 'configuration refused: the last good revision stays',
    );
  } else {
    const faults = event.waiting.faults.map(([deployment, { code, cause, fix }]) => ({ deployment, code, cause, fix }));
    logger.warn({ faults }, 'configuration waits for Redis to be proven');
  }
}

const FINDINGS_LOGGED_MAX = 20;

function logFindings(findings: readonly Finding[], logger: Logger): void {
  const worth = findings.filter(({ severity }) => severity === 'warning');
  for (const finding of worth.slice(0, FINDINGS_LOGGED_MAX)) logger.warn(describeFinding(finding), 'finding');
  if (worth.length > FINDINGS_LOGGED_MAX)
    logger.warn({ more: worth.length - FINDINGS_LOGGED_MAX }, 'more findings in GET /debug/redis-config');
}

/** A finding as a log line shows it. */
export function describeFinding({ code, path, origin, message, fix }: Finding): Record<string, string> {
  return { code, path, ...(origin === null ? {} : { origin: describeOrigin(origin) }), cause: message, fix };
}

export function logStateChange({ deployment, from, to, code }: StateChange, logger: Logger): void {
  const facts = { deployment, from, to, code };
  if (to === 'fail') logger.error(facts, 'deployment state changed');
  else logger.info(facts, 'deployment state changed');
}
