import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProbeWindow } from '../../src/health/window.ts';

const WALL_MS = Date.parse('2026-11-21T10:00:00.000Z');

function windowAt(startMs = 0) {
  const time = { nowMs: startMs };
  return { time, window: new ProbeWindow({ monotonicMs: () => time.nowMs, wallMs: () => WALL_MS + time.nowMs }) };
}

test('knows nothing without probes', () => {
  expect(windowAt().window.summary()).toEqual({
    seconds: 300,
    probes: 0,
    successRate: null,
    latencyMs: { p50: null, p95: null, p99: null },
    lastFailure: null,
  });
});

test('counts successes and failures, and keeps the last failure with its time', () => {
  const { window, time } = windowAt();
  for (let probe = 0; probe < 3; probe++) window.record({ ok: true, latencyMs: 0.2 });
  time.nowMs = 2500;
  window.record({ ok: false, code: 'CONN_REFUSED' });

  expect(window.summary()).toMatchObject({
    probes: 4,
    successRate: 0.75,
    lastFailure: { at: '2026-11-21T10:00:02.500Z', code: 'CONN_REFUSED' },
  });
});

test('forgets what is older than five minutes', () => {
  const { window, time } = windowAt();
  window.record({ ok: false, code: 'NO_RESPONSE' });
  window.record({ ok: true, latencyMs: 900 });
  time.nowMs = 299_999;
  window.record({ ok: true, latencyMs: 1 });

  expect(window.summary()).toMatchObject({ probes: 3, lastFailure: { code: 'NO_RESPONSE' } });
  time.nowMs = 300_000;
  expect(window.summary()).toMatchObject({ probes: 1, successRate: 1, lastFailure: null });
  expect(window.summary().latencyMs.p99).toBeCloseTo(1, 1);
  time.nowMs = 900_000;
  expect(window.summary()).toMatchObject({ probes: 0, successRate: null, latencyMs: { p50: null } });
});

test('gives the same object until something happened', () => {
  const { window, time } = windowAt();
  window.record({ ok: true, latencyMs: 1 });
  const first = window.summary();
  time.nowMs = 900;

  expect(window.summary()).toBe(first);
  window.record({ ok: true, latencyMs: 1 });
  expect(window.summary()).not.toBe(first);
});

test('agrees with counting by hand, whatever comes at whatever time', () => {
  const probe = fc.record({ afterMs: fc.integer({ min: 0, max: 120_000 }), ok: fc.boolean() });
  fc.assert(
    fc.property(fc.array(probe, { maxLength: 60 }), (probes) => {
      const { window, time } = windowAt();
      const seen = probes.map(({ afterMs, ok }) => {
        time.nowMs += afterMs;
        window.record(ok ? { ok, latencyMs: 1 } : { ok, code: 'CONN_REFUSED' });
        return { second: Math.floor(time.nowMs / 1000), ok };
      });
      const kept = seen.filter(({ second }) => second > Math.floor(time.nowMs / 1000) - 300);
      const { probes: count, successRate } = window.summary();
      expect(count).toBe(kept.length);
      if (kept.length > 0) expect(successRate).toBeCloseTo(kept.filter(({ ok }) => ok).length / kept.length);
    }),
  );
});
