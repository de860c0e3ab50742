import { expect, test } from 'vitest';
import { didYouMean, nearest } from '../../src/core/nearest.ts';

const KNOWN = ['backend', 'backoffice', 'auth', 'payments'];

test.each<[string, string[]]>([
  ['backnd', ['backend']],
  ['BACKEND', ['backend']],
  ['back', ['backend', 'backoffice']],
  ['pay', ['payments']],
  ['auht', ['auth']],
  ['constructor', []],
  ['', []],
  ['x'.repeat(65), []],
])('near %j are %j', (name, expected) => {
  expect(nearest(name, KNOWN)).toEqual(expected);
});

test('gives the nearest first, equally near ones by name, and no more than asked for', () => {
  expect(nearest('cache', ['cachf', 'cachd', 'cache2x', 'cache'], 3)).toEqual(['cache', 'cache2x', 'cachd']);
});

test('says nothing where nothing is near', () => {
  expect([didYouMean('backnd', KNOWN), didYouMean('zzzzzz', KNOWN)]).toEqual([' (did you mean backend?)', '']);
});
