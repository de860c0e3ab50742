import { expect, test } from 'vitest';
import { readSettings } from '../src/settings.ts';

/** The problems as `variable: message. fix`. */
function problems(variables: Record<string, string>): string[] {
  const read = readSettings(variables);
  return read.ok ? [] : read.problems.map(({ variable, message, fix }) => `${variable}: ${message}. ${fix}`);
}

test('has a default for everything', () => {
  expect(readSettings({})).toEqual({
    ok: true,
    settings: {
      environment: { name: 'development', detectedFrom: 'default' },
      PORT: 8080,
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'auto',
      BEACON_EMBEDDED_REDIS: 'off',
      BEACON_HEALTH_DEADLINE_MS: 800,
      BEACON_PREFLIGHT_DEADLINE_MS: 5000,
      BEACON_POLL_MS: 500,
      BEACON_SETTLE_MS: 250,
    },
  });
});

test('an empty variable counts as not set, others are nobody’s business', () => {
  expect(readSettings({ PORT: '', HOST: '', PATH: '/bin', HOSTNAME: 'x' })).toEqual(readSettings({}));
});

test('reads what is set', () => {
  const callers = { backend: { tokenSha256: 'a'.repeat(64), services: ['backend'] } };
  const read = readSettings({
    ENVIRONMENT: 'prod',
    HOST: '::',
    PORT: '0',
    BEACON_SERVICES: ' backend, auth,',
    BEACON_CALLERS: JSON.stringify(callers),
    BEACON_NETWORK: 'vpn',
    BEACON_DRAIN_MS: '0',
  });

  expect(read).toMatchObject({
    ok: true,
    settings: {
      environment: { name: 'production', detectedFrom: 'ENVIRONMENT' },
      HOST: '::',
      PORT: 0,
      BEACON_SERVICES: ['backend', 'auth'],
      BEACON_CALLERS: callers,
      BEACON_NETWORK: 'vpn',
      BEACON_DRAIN_MS: 0,
    },
  });
});

test('lists all problems together', () => {
  expect(
    problems({
      ENVIRONMENT: 'prodution',
      PORT: '0x10',
      LOG_LEVEL: 'loud',
      BEACON_HEALTH_DEADLINE_MS: '10',
      BEACON_SERVICES: 'Back end',
      BEACON_NETWORK: 'any',
      BEACON_CALLERS: 'hunter2',
      BEACON_CATALGO: '/x',
    }),
  ).toEqual([
    'BEACON_CATALGO: BEACON_CATALGO is no setting (did you mean BEACON_CATALOG?). Correct the name, or remove the variable.',
    'ENVIRONMENT: ENVIRONMENT does not name an environment. Set ENVIRONMENT to one of development, test, staging, production (did you mean production?).',
    'PORT: PORT must be a port. Port to listen on; 0 lets the system choose.',
    'LOG_LEVEL: LOG_LEVEL is not valid. Lowest level that is logged. Allowed: trace, debug, info, warn, error, fatal, silent.',
    'BEACON_NETWORK: BEACON_NETWORK must be one network: any stands for all of them. Network in which this process runs. Default: container or host, detected.',
    'BEACON_SERVICES: BEACON_SERVICES must be a list like backend,auth (lower-case letters, digits and hyphens, at most 63, starting and ending with a letter or digit). The services, where there is no catalog: backend,auth.',
    'BEACON_CALLERS: BEACON_CALLERS must be JSON. Callers as JSON, like access.callers of the catalog.',
    'BEACON_HEALTH_DEADLINE_MS: BEACON_HEALTH_DEADLINE_MS is not valid. Latest time for a health answer. At least 50.',
  ]);
});

test.each(['PORT', 'BEACON_DRAIN_MS', 'BEACON_POLL_MS'])('%s is written in plain digits', (name) => {
  for (const value of [' ', '1e3', '0x10', '+1', '-1', '1.5', '1_000', 'tcp://10.0.0.1:80', '９'])
    expect(problems({ [name]: value })).toHaveLength(1);
});

test.each([
  '[]',
  '{"backend":{}}',
  '{"Back End":{"tokenSha256":"x","services":[]}}',
  '{"a":{"tokenSha256":"hunter2","services":["a"]}}',
])('callers that are none are one problem: %s', (text) => {
  expect(problems({ BEACON_CALLERS: text })).toEqual([
    'BEACON_CALLERS: BEACON_CALLERS must look like {"backend":{"tokenSha256":"<64 hexadecimal digits>","services":["backend"]}}. Callers as JSON, like access.callers of the catalog.',
  ]);
});

test('what Kubernetes sets for a Service named beacon is no setting', () => {
  const variables = {
    BEACON_PORT: 'tcp://10.0.0.1:80',
    BEACON_SERVICE_HOST: '10.0.0.1',
    BEACON_SERVICE_PORT: '80',
    BEACON_SERVICE_PORT_HTTP: '80',
    BEACON_PORT_80_TCP: 'tcp://10.0.0.1:80',
    BEACON_PORT_80_TCP_ADDR: '10.0.0.1',
  };

  expect(problems(variables)).toEqual([]);
});

test('I1: no problem repeats a value', () => {
  const names = [
    'ENVIRONMENT',
    'HOST',
    'PORT',
    'LOG_LEVEL',
    'LOG_FORMAT',
    'BEACON_NETWORK',
    'BEACON_EMBEDDED_REDIS',
    'BEACON_SERVICES',
    'BEACON_CALLERS',
    'BEACON_DRAIN_MS',
  ];

  expect(problems(Object.fromEntries(names.map((name) => [name, 'Hunter2 canary']))).join()).not.toMatch(
    /hunter2|canary/i,
  );
});
