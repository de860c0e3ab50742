import { expect, test } from 'vitest';
import { detectEnvironment, isStrict } from '../../src/core/environment.ts';

test.each<[string, Record<string, string>, string, string]>([
  ['nothing is set', {}, 'development', 'default'],
  [
    'ENVIRONMENT goes before the others',
    { ENVIRONMENT: 'staging', APP_ENV: 'test', NODE_ENV: 'production' },
    'staging',
    'ENVIRONMENT',
  ],
  ['APP_ENV goes before NODE_ENV', { APP_ENV: 'test', NODE_ENV: 'production' }, 'test', 'APP_ENV'],
  ['NODE_ENV is asked last', { NODE_ENV: 'production' }, 'production', 'NODE_ENV'],
  ['an empty variable counts as not set', { ENVIRONMENT: '', APP_ENV: '  ', NODE_ENV: 'test' }, 'test', 'NODE_ENV'],
  ['case and blanks do not matter', { ENVIRONMENT: ' Production ' }, 'production', 'ENVIRONMENT'],
  ['dev', { ENVIRONMENT: 'dev' }, 'development', 'ENVIRONMENT'],
  ['local', { ENVIRONMENT: 'local' }, 'development', 'ENVIRONMENT'],
  ['ci', { ENVIRONMENT: 'ci' }, 'test', 'ENVIRONMENT'],
  ['stage', { ENVIRONMENT: 'stage' }, 'staging', 'ENVIRONMENT'],
  ['prod', { ENVIRONMENT: 'prod' }, 'production', 'ENVIRONMENT'],
])('detects the environment: %s', (_title, variables, name, detectedFrom) => {
  expect(detectEnvironment(variables)).toEqual({ ok: true, environment: { name, detectedFrom } });
});

test('I8: a word that is no environment is an error, and no other variable is asked instead', () => {
  expect(detectEnvironment({ ENVIRONMENT: 'prodcution', NODE_ENV: 'test' })).toEqual({
    ok: false,
    variable: 'ENVIRONMENT',
    message: 'ENVIRONMENT does not name an environment',
    fix: 'Set ENVIRONMENT to one of development, test, staging, production (did you mean production?).',
  });
});

test('does not repeat the word, which may be anything', () => {
  expect(JSON.stringify(detectEnvironment({ APP_ENV: 'hunter2-canary' }))).not.toContain('hunter2');
});

test('staging and production are strict', () => {
  expect(['development', 'test', 'staging', 'production'].filter((name) => isStrict(name as 'test'))).toEqual([
    'staging',
    'production',
  ]);
});
