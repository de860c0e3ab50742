import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RollingHistogram } from '../../src/redis/rolling-histogram.ts';

const span = { slotMs: 1000, slots: 10 };

test('has no quantiles without values', () => {
  expect(new RollingHistogram(span).quantiles(0)).toEqual({ p50: null, p95: null, p99: null });
});

test('tells quantiles within 4 %, from a microsecond to a minute', () => {
  const duration = fc.double({ min: 0.01, max: 60_000, noNaN: true });
  fc.assert(
    fc.property(fc.array(duration, { minLength: 1, maxLength: 200 }), (durations) => {
      const histogram = new RollingHistogram(span);
      for (const value of durations) histogram.record(value, 0);
      const sorted = [...durations].sort((a, b) => a - b);
      for (const [name, fraction] of [
        ['p50', 0.5],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const) {
        const exact = sorted[Math.ceil(sorted.length * fraction) - 1] ?? 0;
        const told = histogram.quantiles(0)[name] ?? 0;
        expect(Math.abs(told - exact) / exact).toBeLessThan(0.045);
      }
    }),
  );
});

test('what took no time is 0, what took forever is the ceiling', () => {
  const histogram = new RollingHistogram(span);
  histogram.record(0, 0);
  expect(histogram.quantiles(0).p99).toBe(0);

  histogram.record(1e9, 0);
  expect(histogram.quantiles(0).p99).toBeGreaterThan(50_000);
});

test('forgets slot by slot', () => {
  const histogram = new RollingHistogram(span);
  histogram.record(100, 0);
  histogram.record(1, 5000);

  expect(histogram.quantiles(9999).p99).toBeGreaterThan(90);
  expect(histogram.quantiles(10_000).p99).toBeLessThan(2);
  expect(histogram.quantiles(15_000).p99).toBeNull();
});

test('takes a gap of any length', () => {
  const histogram = new RollingHistogram(span);
  histogram.record(100, 0);
  histogram.record(1, 1e12);

  expect(histogram.quantiles(1e12).p99).toBeLessThan(2);
});
