import { expect, test } from 'vitest';
import { describeBug } from '../../src/app.ts';

test('a bug shows its name and place, and nothing of its message', () => {
  const bug = describeBug(new TypeError('a-secret\n    at another-secret (file:///x.ts:1:1)'));
  expect(bug.name).toBe('TypeError');
  expect(bug.at[0]).toContain('bug.test.ts');
  expect(JSON.stringify(bug)).not.toContain('secret');
});

test.each([
  ['a string', 'a-secret', 'string'],
  ['an object', { message: 'a-secret' }, 'object'],
  ['nothing', undefined, 'undefined'],
])('%s that is thrown shows its type only', (_what, thrown, name) => {
  expect(describeBug(thrown)).toEqual({ name, at: [] });
});

test('an error without a message still shows its place', () => {
  expect(describeBug(new Error()).at[0]).toContain('bug.test.ts');
});

test('an error whose stack was taken away shows its name', () => {
  const error = new RangeError('a-secret');
  delete error.stack;
  expect(describeBug(error)).toEqual({ name: 'RangeError', at: [] });
});
