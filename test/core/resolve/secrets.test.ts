import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { collectReferences } from '../../../src/core/references.ts';
import { Secret } from '../../../src/core/secret.ts';
import { type Declared, deploymentOf, inputOf, only, resolveDeclared } from '../resolving.ts';

const catalog = (password: string): string => `version: 1
deployments: { main: { addresses: { any: "r.example:6379" }, auth: { password: ${password} } } }
services: { backend: {} }
`;

function passwordOf(declared: Declared): string | undefined {
  return deploymentOf(resolveDeclared(declared)).auth.password.value?.reveal();
}

test.each<[string, Declared, string]>([
  [
    'a variable of the process',
    { catalog: catalog('{ env: MINE }'), variables: { MINE: 'p' }, envFile: 'MINE=e\n' },
    'p',
  ],
  ['a variable of .env', { catalog: catalog('{ env: MINE }'), envFile: 'MINE=e\n' }, 'e'],
  [
    'a variable of .env.<environment>',
    { catalog: catalog('{ env: MINE }'), envFile: 'MINE=e\n', envFileOfEnvironment: 'MINE=d\n' },
    'd',
  ],
  ['a file', { catalog: catalog('{ file: /s }'), files: { '/s': 'f' } }, 'f'],
  ['a literal, in development', { catalog: catalog('l') }, 'l'],
])('a secret may be %s', (_title, declared, expected) => {
  expect(passwordOf(declared)).toBe(expected);
});

test.each<[string, Declared, string, string]>([
  [
    'a variable that is not set',
    { catalog: catalog('{ env: MINE }') },
    'Variable MINE does not exist.',
    'Set or mount it.',
  ],
  [
    'an empty variable',
    { catalog: catalog('{ env: MINE }'), variables: { MINE: '' }, envFile: 'MINE=e\n' },
    'Variable MINE is empty.',
    'Give it a value, or remove the reference.',
  ],
  [
    'a directory',
    { catalog: catalog('{ file: /s }'), files: { '/s': { problem: 'not-a-file' } } },
    'File /s is not a regular file.',
    'Point to a regular file; a symlink to one is fine.',
  ],
  [
    'a huge file',
    { catalog: catalog('{ file: /s }'), files: { '/s': { problem: 'too-large' } } },
    'File /s is larger than 1 MiB, so it is no secret.',
    'Point to the right file.',
  ],
  [
    'a file that may not be opened',
    { catalog: catalog('{ file: /s }'), files: { '/s': { problem: 'unreadable' } } },
    'File /s cannot be opened.',
    'Let the user of this process read it (mode, owner, mount).',
  ],
  [
    'a file that is no text',
    { catalog: catalog('{ file: /s }'), files: { '/s': { problem: 'not-text' } } },
    'File /s is not UTF-8 text.',
    'Store the secret as UTF-8 text.',
  ],
])('I8: what cannot be resolved is an error, never an empty string: %s', (_title, declared, message, fix) => {
  const resolved = resolveDeclared(declared);

  expect(deploymentOf(resolved).auth.password.value).toBe(null);
  expect(only(resolved.findings, 'SECRET_UNRESOLVABLE')).toEqual([
    {
      code: 'SECRET_UNRESOLVABLE',
      severity: 'error',
      path: 'deployments.main.auth.password',
      origin: { layer: 'catalog-base', file: 'catalog.yaml', line: 2, column: 80 },
      message,
      fix,
    },
  ]);
});

test('I8: what cannot be resolved does not fall back to a lower layer', () => {
  const text = `${catalog('below')}environments: { development: { deployments: { main: { auth: { password: { env: NONE } } } } } }\n`;

  expect(passwordOf({ catalog: text })).toBeUndefined();
});

test('a reference that a higher layer replaces need not resolve', () => {
  const resolved = resolveDeclared({ catalog: catalog('{ env: NONE }'), variables: { REDIS_PASSWORD: 'p' } });

  expect(only(resolved.findings, 'SECRET_UNRESOLVABLE')).toEqual([]);
});

test.each<[string, string, string]>([
  ['a blank in front', ' x', 'SECRET_WHITESPACE'],
  ['a line break behind', 'x\n', 'SECRET_WHITESPACE'],
  ['nothing', '', 'SECRET_EMPTY'],
])('a password with %s is told', (_title, secret, code) => {
  const { findings } = resolveDeclared({ catalog: catalog('{ file: /s }'), files: { '/s': secret } });

  expect(findings.filter(({ path }) => path.endsWith('password')).map((finding) => finding.code)).toEqual([code]);
});

test('a certificate may stand in the catalog, a private key not', () => {
  const text = `version: 1
deployments:
  main:
    addresses: { any: "r.example:6379" }
    tls: { enabled: true, ca: "-----BEGIN CERTIFICATE-----", cert: "-----BEGIN CERTIFICATE-----", key: "-----BEGIN EC PRIVATE KEY-----" }
services: { backend: {} }
`;

  expect(
    only(resolveDeclared({ catalog: text, environment: 'production' }).findings, 'SECRET_LITERAL').map(
      ({ path }) => path,
    ),
  ).toEqual(['deployments.main.tls.key']);
});

test('only the references that the environment needs are read', () => {
  const text = `version: 1
deployments:
  main: { auth: { password: { env: BASE } }, tls: { ca: { file: /ca.pem } } }
environments:
  development: { deployments: { main: { auth: { password: { env: DEVELOPMENT } } } } }
  production: { deployments: { main: { auth: { password: { env: PRODUCTION } } } } }
`;
  const { catalog: parsed, variables } = inputOf({
    catalog: text,
    variables: { REDIS_PASSWORD_FILE: '/p', REDIS_CONFIG_FILE: '/etc/redis.conf' },
  });

  expect(collectReferences(parsed?.document ?? null, 'development', variables)).toEqual([
    { reference: 'env:DEVELOPMENT', usedBy: ['deployments.main.auth.password'] },
    { reference: 'file:/ca.pem', usedBy: ['deployments.main.tls.ca'] },
    { reference: 'file:/p', usedBy: ['REDIS_PASSWORD_FILE'] },
  ]);
});

test('I1: a secret shows itself only on request', () => {
  const secret = new Secret('hunter2');
  const shown = [
    String(secret),
    `${secret}`,
    inspect({ secret }, { depth: 9, showHidden: true }),
    JSON.stringify({ secret }),
    Object.keys(secret).join(),
  ];

  expect(shown.join()).toBe('[secret],[secret],{ secret: [secret] },{"secret":{"secret":true,"set":true}},');
  expect(secret.reveal()).toBe('hunter2');
});
