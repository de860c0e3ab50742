import type { Finding, Severity } from '../finding.ts';
import { createFault, type FaultCode } from './faults.ts';
import type { Ability } from './judge.ts';
import type { ObservedDeployment, ServerCondition, ServerFacts } from './observed.ts';

export interface ConditionVerdict {
  /** As far as the condition of the server decides it. */
  readonly writable: Ability;
  readonly findings: readonly Finding[];
}

/** What the server and the last PING say about their condition, apart from any threshold. */
export function judgeCondition(observed: ObservedDeployment): ConditionVerdict {
  const problems = problemsOf(observed);
  const findings = problems.map(({ code, path, severity = 'warning' }) => toFinding(observed, code, path, severity));
  const unknown = unknownFinding(observed);
  return {
    writable: writableOf(observed, problems),
    findings: unknown === null ? findings : [...findings, unknown],
  };
}

interface Problem {
  readonly code: FaultCode;
  /** Below the deployment. */
  readonly path: string;
  readonly severity?: Severity;
  /** What it does to writes. */
  readonly writable?: Ability;
}

function problemsOf(observed: ObservedDeployment): readonly Problem[] {
  const { facts, condition, denied } = observed.server;
  const problems = [...problemsOfPing(observed), ...problemsOfCredentials(observed)];
  if (denied) problems.push({ code: 'INFO_NOPERM', path: 'server' });
  if (condition !== null) problems.push(...problemsOfServer(facts, condition));
  else if (facts.role === 'replica')
    problems.push({ code: 'READ_ONLY_REPLICA', path: 'server.role', writable: 'fail' });
  return problems.filter(({ code }, index) => problems.findIndex((problem) => problem.code === code) === index);
}

function problemsOfPing({ ping }: ObservedDeployment): Problem[] {
  if (ping.kind !== 'refused') return [];
  if (ping.code === 'PERSISTENCE_FAILED') return [{ code: ping.code, path: 'ping', writable: 'fail' }];
  return ping.code === 'ACL_NOPERM' ? [{ code: ping.code, path: 'ping' }] : [];
}

function problemsOfCredentials({ credentials }: ObservedDeployment): Problem[] {
  if (credentials === null) return [];
  if (!credentials.proven) return [{ code: credentials.fault.code, path: 'credentials', severity: 'error' }];
  return credentials.unneeded ? [{ code: 'AUTH_NOT_CONFIGURED', path: 'credentials' }] : [];
}

function problemsOfServer(facts: ServerFacts, condition: ServerCondition): Problem[] {
  const problems: Problem[] = [];
  if (facts.role === 'replica' && condition.replicaReadOnly) {
    problems.push({ code: 'READ_ONLY_REPLICA', path: 'server.role', writable: 'fail' });
  }
  if (condition.masterLinkUp === false) problems.push({ code: 'REPLICA_LINK_DOWN', path: 'server.role' });
  if (condition.lacksReplicas) problems.push({ code: 'NOT_ENOUGH_REPLICAS', path: 'server', writable: 'fail' });
  if (isFull(facts)) problems.push({ code: 'OUT_OF_MEMORY', path: 'server.usedMemoryBytes', writable: 'warn' });
  // Writes may go on all the same (stop-writes-on-bgsave-error no): PING is what tells.
  if (condition.saveFailed) problems.push({ code: 'PERSISTENCE_FAILED', path: 'server' });
  return problems;
}

/** INFO cannot prove it: near the limit writes are refused a little below it, or may still be taken. */
function isFull({ maxMemoryPolicy, usedMemoryBytes, maxMemoryBytes }: ServerFacts): boolean {
  if (maxMemoryPolicy !== 'noeviction' || usedMemoryBytes === null || !maxMemoryBytes) return false;
  return usedMemoryBytes >= maxMemoryBytes * 0.98;
}

function writableOf({ server, ping }: ObservedDeployment, problems: readonly Problem[]): Ability {
  const effects = problems.map(({ writable }) => writable);
  if (effects.includes('fail')) return 'fail';
  if (effects.includes('warn')) return 'warn';
  return server.condition === null || ping.kind !== 'pong' ? null : 'pass';
}

function toFinding(observed: ObservedDeployment, code: FaultCode, path: string, severity: Severity): Finding {
  const { cause, fix } = createFault(code, observed.target, []);
  return { code, severity, path: `deployments.${observed.deployment}.${path}`, origin: null, message: cause, fix };
}

/** Why `writable` cannot be known. */
function unknownFinding({ deployment, server, ping }: ObservedDeployment): Finding | null {
  if (server.condition !== null || server.denied || ping.kind === 'no-answer') return null;
  return {
    code: 'SERVER_NOT_OBSERVED',
    severity: 'info',
    path: `deployments.${deployment}.server`,
    origin: null,
    message: server.facts.reason ?? 'The server was not observed yet.',
    fix: 'Wait a few seconds: the server is asked again and again.',
  };
}
