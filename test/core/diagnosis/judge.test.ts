import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FaultFacts } from '../../../src/core/diagnosis/fault-facts.ts';
import { createFault, FAULT_CODES, type FaultCode } from '../../../src/core/diagnosis/faults.ts';
import { forbidsNewConnections, isUsable, judge, worstStatus } from '../../../src/core/diagnosis/judge.ts';
import type {
  ObservedDeployment,
  ObservedPing,
  ObservedServer,
  ServerCondition,
  ServerFacts,
} from '../../../src/core/diagnosis/observed.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/core/thresholds.ts';

const TARGET: FaultFacts = {
  address: { host: 'redis', port: 6379 },
  otherAddresses: {},
  network: 'host',
  db: 0,
  hasUsername: false,
  hasPassword: false,
  servername: null,
  hasClientCertificate: false,
};

const FACTS: ServerFacts = {
  version: '7.0.15',
  role: 'master',
  connectedClients: 10,
  maxClients: 10_000,
  usedMemoryBytes: 1_000_000,
  maxMemoryBytes: 0,
  maxMemoryPolicy: 'noeviction',
  evictedKeys: 0,
  hitRate: 0.97,
  replicationLagSeconds: null,
  observedAt: '2026-11-21T10:00:00.000Z',
  reason: null,
};

const CONDITION: ServerCondition = {
  reads: 1000,
  masterLinkUp: null,
  replicaReadOnly: true,
  saveFailed: false,
  lacksReplicas: null,
};

const HEALTHY: ObservedDeployment = {
  deployment: 'main',
  target: TARGET,
  ping: { kind: 'pong' },
  credentials: { proven: true, unneeded: false },
  probes: 300,
  successRate: 1,
  pingP95Ms: 0.4,
  poolUtilization: 0.25,
  server: { facts: FACTS, condition: CONDITION, denied: false },
  certificateDaysLeft: null,
};

const serverWith = (facts: Partial<ServerFacts>, condition: Partial<ServerCondition> = {}): ObservedServer => ({
  facts: { ...FACTS, ...facts },
  condition: { ...CONDITION, ...condition },
  denied: false,
});

const judged = (changes: Partial<ObservedDeployment>) => judge({ ...HEALTHY, ...changes }, DEFAULT_THRESHOLDS);

/** `status reachable/readable/writable codes`. */
function summary(changes: Partial<ObservedDeployment>): string {
  const { status, reachable, readable, writable, findings } = judged(changes);
  return `${status} ${reachable}/${readable}/${writable} ${findings.map(({ code }) => code).join(',')}`.trim();
}

test('passes what is well', () => {
  expect(summary({})).toBe('pass pass/pass/pass');
});

describe('the last PING', () => {
  test.each<[ObservedPing, string]>([
    [{ kind: 'never' }, 'fail null/null/null'],
    [{ kind: 'no-answer', code: 'CONN_REFUSED' }, 'fail fail/fail/fail'],
    [{ kind: 'no-answer', code: 'NO_RESPONSE' }, 'fail fail/fail/fail'],
    [{ kind: 'no-answer', code: 'PROBE_DEADLINE' }, 'fail fail/fail/fail'],
    [{ kind: 'no-answer', code: 'TLS_CA_UNKNOWN' }, 'fail fail/fail/fail'],
    [{ kind: 'no-answer', code: 'AUTH_WRONG' }, 'fail pass/fail/fail'],
    [{ kind: 'no-answer', code: 'DB_OUT_OF_RANGE' }, 'fail pass/fail/fail'],
    [{ kind: 'no-answer', code: 'MAX_CLIENTS' }, 'fail pass/fail/fail'],
    [{ kind: 'refused', code: 'LOADING' }, 'fail pass/fail/fail'],
    [{ kind: 'refused', code: 'BUSY_SCRIPT' }, 'fail pass/fail/fail'],
    [{ kind: 'refused', code: 'MASTER_DOWN' }, 'fail pass/fail/fail'],
    [{ kind: 'refused', code: 'AUTH_REQUIRED' }, 'fail pass/fail/fail'],
    [{ kind: 'refused', code: 'SERVER_ERROR' }, 'fail pass/fail/fail'],
    [{ kind: 'refused', code: 'PERSISTENCE_FAILED' }, 'warn pass/pass/fail PERSISTENCE_FAILED'],
    [{ kind: 'refused', code: 'ACL_NOPERM' }, 'warn pass/null/null ACL_NOPERM'],
  ])('%o: %s', (ping, expected) => {
    expect(summary({ ping })).toBe(expected);
  });
});

describe('the condition of the server', () => {
  const full = { maxMemoryBytes: 1_000_000, usedMemoryBytes: 1_000_000 };
  test.each<[string, ObservedServer, string]>([
    ['a replica', serverWith({ role: 'replica' }, { masterLinkUp: true }), 'warn pass/pass/fail READ_ONLY_REPLICA'],
    [
      'a stale replica',
      serverWith({ role: 'replica' }, { masterLinkUp: false }),
      'warn pass/warn/fail READ_ONLY_REPLICA,REPLICA_LINK_DOWN',
    ],
    ['a writable replica', serverWith({ role: 'replica' }, { replicaReadOnly: false }), 'pass pass/pass/pass'],
    ['too few replicas', serverWith({}, { lacksReplicas: true }), 'warn pass/pass/fail NOT_ENOUGH_REPLICAS'],
    ['enough replicas', serverWith({}, { lacksReplicas: false }), 'pass pass/pass/pass'],
    [
      'a save that failed, writes accepted',
      serverWith({}, { saveFailed: true }),
      'warn pass/pass/pass PERSISTENCE_FAILED',
    ],
    ['full without eviction', serverWith(full), 'warn pass/pass/warn OUT_OF_MEMORY,MEMORY_HIGH'],
    ['full with eviction', serverWith({ ...full, maxMemoryPolicy: 'allkeys-lru' }), 'warn pass/pass/pass MEMORY_HIGH'],
    ['no limit', serverWith({ maxMemoryBytes: 0, usedMemoryBytes: 1e12 }), 'pass pass/pass/pass'],
    ['INFO refused', { facts: FACTS, condition: null, denied: true }, 'warn pass/pass/null INFO_NOPERM'],
    [
      'INFO refused on a replica',
      { facts: { ...FACTS, role: 'replica' }, condition: null, denied: true },
      'warn pass/pass/fail INFO_NOPERM,READ_ONLY_REPLICA',
    ],
    ['not observed yet', { facts: FACTS, condition: null, denied: false }, 'pass pass/pass/null SERVER_NOT_OBSERVED'],
  ])('%s', (_name, server, expected) => {
    expect(summary({ server })).toBe(expected);
  });
});

describe('new connections', () => {
  test.each<[FaultCode, string]>([
    ['AUTH_WRONG', 'fail pass/fail/fail AUTH_WRONG'],
    ['DB_OUT_OF_RANGE', 'fail pass/fail/fail DB_OUT_OF_RANGE'],
    ['TLS_CERT_EXPIRED', 'fail pass/fail/fail TLS_CERT_EXPIRED'],
    ['MAX_CLIENTS', 'warn pass/pass/pass MAX_CLIENTS'],
    ['CONN_TIMEOUT', 'warn pass/pass/pass CONN_TIMEOUT'],
  ])('that fail with %s while old ones answer', (code, expected) => {
    expect(summary({ credentials: { proven: false, fault: createFault(code, TARGET, []) } })).toBe(expected);
  });

  test('that need no password although there is one', () => {
    expect(summary({ credentials: { proven: true, unneeded: true } })).toBe('warn pass/pass/pass AUTH_NOT_CONFIGURED');
  });

  test('that were not tried yet', () => {
    expect(summary({ credentials: null })).toBe('pass pass/pass/pass');
  });
});

describe('thresholds', () => {
  test.each<[string, Partial<ObservedDeployment>, Partial<ObservedDeployment>]>([
    ['SUCCESS_RATE_LOW', { successRate: 0.998 }, { successRate: 0.999 }],
    ['PING_SLOW', { pingP95Ms: 5.01 }, { pingP95Ms: 5 }],
    ['POOL_BUSY', { poolUtilization: 0.81 }, { poolUtilization: 0.8 }],
    ['HIT_RATE_LOW', { server: serverWith({ hitRate: 0.89 }) }, { server: serverWith({ hitRate: 0.9 }) }],
    [
      'MEMORY_HIGH',
      { server: serverWith({ maxMemoryBytes: 1000, usedMemoryBytes: 901 }) },
      { server: serverWith({ maxMemoryBytes: 1000, usedMemoryBytes: 900 }) },
    ],
    [
      'CLIENTS_HIGH',
      { server: serverWith({ connectedClients: 8001 }) },
      { server: serverWith({ connectedClients: 8000 }) },
    ],
    ['CERTIFICATE_EXPIRES', { certificateDaysLeft: 13 }, { certificateDaysLeft: 14 }],
  ])('%s warns beyond its limit and not at it', (code, beyond, at) => {
    expect(summary(beyond)).toBe(`warn pass/pass/pass ${code}`);
    expect(summary(at)).toBe('pass pass/pass/pass');
  });

  test.each<[string, Partial<ObservedDeployment>]>([
    ['unknown rates', { successRate: null, pingP95Ms: null }],
    ['a latency over next to no PINGs', { pingP95Ms: 900, probes: 19 }],
    ['a hit rate over next to no reads', { server: serverWith({ hitRate: 0 }, { reads: 99 }) }],
    ['no hit rate', { server: serverWith({ hitRate: null }, { reads: 0 }) }],
    ['an unknown limit of clients', { server: serverWith({ maxClients: null }) }],
  ])('say nothing about %s', (_name, changes) => {
    expect(summary(changes)).toBe('pass pass/pass/pass');
  });

  test('a finding tells where, how much, and what to do', () => {
    expect(judged({ successRate: 0.9951 }).findings).toEqual([
      {
        code: 'SUCCESS_RATE_LOW',
        severity: 'warning',
        path: 'deployments.main.window.successRate',
        origin: null,
        message: 'Of the PINGs of the last 5 minutes 99.51 % succeeded; expected are 99.9 %.',
        fix: 'See `window.lastFailure` for the reason of the last failure; it leaves the window after 5 minutes.',
      },
    ]);
  });
});

test('whatever is unknown has a reason in the findings', () => {
  const servers: ObservedServer[] = [
    HEALTHY.server,
    { facts: FACTS, condition: null, denied: true },
    { facts: FACTS, condition: null, denied: false },
  ];
  const ping = fc.oneof(
    fc.constant<ObservedPing>({ kind: 'pong' }),
    fc.record({
      kind: fc.constantFrom('refused' as const, 'no-answer' as const),
      code: fc.constantFrom(...FAULT_CODES),
    }),
  );
  fc.assert(
    fc.property(ping, fc.constantFrom(...servers), (observedPing, server) => {
      const { readable, writable, findings } = judged({ ping: observedPing, server });
      if (readable === null || writable === null) expect(findings).not.toEqual([]);
      expect(isUsable(observedPing)).toBe(readable !== 'fail');
    }),
  );
});

test('any fault of the configuration forbids new connections', () => {
  const forbidding = FAULT_CODES.filter((code) => forbidsNewConnections(createFault(code, TARGET, [])));

  expect(forbidding).toContain('AUTH_WRONG');
  expect(forbidding).toContain('TLS_CERT_NOT_YET_VALID');
  expect(forbidding).not.toContain('MAX_CLIENTS');
  expect(forbidding).not.toContain('AUTH_NOT_CONFIGURED');
});

test.each([
  [[], 'pass'],
  [['pass', 'pass'], 'pass'],
  [['pass', 'warn'], 'warn'],
  [['fail', 'pass', 'warn'], 'fail'],
] as const)('the worst of %o is %s', (statuses, worst) => {
  expect(worstStatus(statuses)).toBe(worst);
});
