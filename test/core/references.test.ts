import { expect, test } from 'vitest';
import { showReference } from '../../src/core/references.ts';

test.each([
  ['file:/run/secrets/redis', false, 'file:/run/secrets/redis'],
  ['file:./redis', false, 'file:./redis'],
  ['env:REDIS_PASSWORD', false, 'env:REDIS_PASSWORD'],
  ['file:hunter2', false, 'file:(not shown)'],
  ['env:hunter2', false, 'env:(not shown)'],
  ['file:password.txt', true, 'file:password.txt'],
])('shows %s (read: %s) as %s', (reference, wasRead, shown) => {
  expect(showReference(reference, wasRead)).toBe(shown);
});
