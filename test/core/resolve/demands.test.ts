import { expect, test } from 'vitest';
import { ENVIRONMENTS, type EnvironmentName } from '../../../src/core/environment.ts';
import { FINDING_CODES } from '../../../src/core/finding.ts';
import { type Declared, deploymentOf, only, resolveDeclared } from '../resolving.ts';

const MAIN = 'addresses: { any: "r.example:6379" }';

const catalog = (main: string, rest = ''): string => `version: 1
deployments: { main: { ${main} } }
services: { backend: {} }
${rest}
`;

/** Severity of the finding of a code in development, test, staging, production; null where there is none. */
function severities(code: string, declared: Declared): (string | null)[] {
  return ENVIRONMENTS.map(
    (environment) => only(resolveDeclared({ ...declared, environment }).findings, code)[0]?.severity ?? null,
  );
}

test.each<[string, string, Declared, (string | null)[]]>([
  ['no address', 'ADDRESS_MISSING', { services: ['backend'] }, [null, null, 'error', 'error']],
  ['no TLS', 'TLS_REQUIRED', { catalog: catalog(MAIN) }, [null, null, 'error', 'error']],
  ['no TLS, waived', 'TLS_REQUIRED', { catalog: catalog(`${MAIN}, waive: { tls: x }`) }, [null, null, null, null]],
  ['TLS', 'TLS_REQUIRED', { catalog: catalog(`${MAIN}, tls: { enabled: true }`) }, [null, null, null, null]],
  [
    'TLS without server authentication',
    'TLS_REQUIRED',
    { catalog: catalog(`${MAIN}, tls: { enabled: true, rejectUnauthorized: false }`) },
    [null, null, 'error', 'error'],
  ],
  [
    'TLS without server authentication, waived',
    'TLS_REQUIRED',
    { catalog: catalog(`${MAIN}, tls: { enabled: true, rejectUnauthorized: false }, waive: { tls: x }`) },
    [null, null, null, null],
  ],
  [
    'a waiver',
    'DEMAND_WAIVED',
    { catalog: catalog(`${MAIN}, waive: { tls: x }`) },
    ['info', 'info', 'warning', 'warning'],
  ],
  [
    'a topology that is not proven',
    'TOPOLOGY_NOT_PROVEN',
    { catalog: catalog('topology: cluster, nodes: [c1]') },
    ['info', 'info', 'error', 'error'],
  ],
  [
    'a topology that is not proven, waived',
    'TOPOLOGY_NOT_PROVEN',
    { catalog: catalog('topology: cluster, nodes: [c1], waive: { preflight: x }') },
    [null, null, null, null],
  ],
  ['no callers', 'ACCESS_MISSING', {}, ['info', 'info', 'error', 'error']],
  [
    'no callers, waived',
    'ACCESS_MISSING',
    { catalog: catalog(MAIN, 'access: { waive: x }') },
    [null, null, null, null],
  ],
  [
    'access waived',
    'ACCESS_WAIVED',
    { catalog: catalog(MAIN, 'access: { waive: x }') },
    ['info', 'info', 'warning', 'warning'],
  ],
  ['no services', 'SERVICES_MISSING', {}, [null, null, 'error', 'error']],
  [
    'a secret in the catalog',
    'SECRET_LITERAL',
    { catalog: catalog(`${MAIN}, auth: { password: x }`) },
    ['warning', 'warning', 'error', 'error'],
  ],
  [
    'a secret that cannot be read',
    'SECRET_UNRESOLVABLE',
    { catalog: catalog(`${MAIN}, auth: { password: { env: NONE } }`) },
    ['error', 'error', 'error', 'error'],
  ],
])('demands of the environment: %s', (_title, code, declared, expected) => {
  expect(severities(code, declared)).toEqual(expected);
});

test('the reason of a waiver is shown', () => {
  const resolved = resolveDeclared({
    catalog: catalog(`${MAIN}, waive: { tls: "private link" }`),
    environment: 'production',
  });

  expect(only(resolved.findings, 'DEMAND_WAIVED')[0]?.message).toBe('tls is waived: private link');
  expect(deploymentOf(resolved).waive.tls).toMatchObject({ value: 'private link', origin: { line: 2, column: 76 } });
});

/** `environment: message` of environments that share a database. */
function shared(overlays: string, services = 'backend: {}'): string[] {
  const text = `version: 1
deployments: { main: { addresses: { container: "r.example:6379", host: "localhost:6380" } } }
services: { ${services} }
environments: { ${overlays} }
`;
  return only(resolveDeclared({ catalog: text }).findings, 'ENVIRONMENTS_SHARE_DATABASE').map(({ message }) => message);
}

test.each<[string, string, string | undefined, string[]]>([
  [
    'an overlay that moves nothing',
    'staging: {}',
    undefined,
    ['development and staging use the same server and database (r.example:6379/0).'],
  ],
  [
    'another server',
    'staging: { deployments: { main: { addresses: { container: "s.example:6379" } } } }',
    undefined,
    [],
  ],
  [
    'another server for all networks',
    'staging: { deployments: { main: { addresses: { any: "s.example:6379" } } } }',
    undefined,
    [],
  ],
  ['the database that tests have of their own', 'test: {}', undefined, []],
  [
    'a database that tests share',
    'test: {}',
    'backend: { connections: { default: { db: 0 } } }',
    ['development and test use the same server and database (r.example:6379/0).'],
  ],
  ['another topology', 'staging: { deployments: { main: { topology: cluster, nodes: ["c1"] } } }', undefined, []],
  [
    'only localhost, which is another machine each time',
    'staging: { deployments: { main: { addresses: { container: "localhost:6379" } } } }',
    undefined,
    [],
  ],
  [
    'each other, not only the base',
    'staging: { deployments: { main: { addresses: { any: "s.example" } } } }, production: { deployments: { main: { addresses: { any: "S.example:6379" } } } }',
    undefined,
    ['staging and production use the same server and database (s.example:6379/0).'],
  ],
])('environments on one database: %s', (_title, overlays, services, expected) => {
  expect(shared(overlays, services)).toEqual(expected);
});

const CALLER = { tokenSha256: 'a'.repeat(64), services: ['backend'] };
const CALLERS = `access: { callers: { ops: { tokenSha256: "${'b'.repeat(64)}", services: ["*"], operator: true } } }`;

test.each<[EnvironmentName, string, boolean]>([
  ['development', '', false],
  ['test', CALLERS, false],
  ['staging', CALLERS, true],
  ['production', CALLERS, true],
  ['production', 'access: { waive: x }', false],
  ['production', '', true],
])('in %s with %j callers must identify themselves: %s', (environment, access, required) => {
  expect(resolveDeclared({ environment, catalog: catalog(MAIN, access) }).access.required).toBe(required);
});

test('callers of the settings go before those of the catalog, by their names', () => {
  const { access } = resolveDeclared({
    catalog: catalog(MAIN, CALLERS),
    access: { callers: { ops: CALLER, ci: { ...CALLER, tokenSha256: 'c'.repeat(64) } } },
  });

  expect(access.callers).toEqual([
    { name: 'ops', tokenSha256: 'a'.repeat(64), services: new Set(['backend']), operator: true },
    { name: 'ci', tokenSha256: 'c'.repeat(64), services: new Set(['backend']), operator: false },
  ]);
});

test('a waiver beside callers is told: everybody may read', () => {
  const resolved = resolveDeclared({
    environment: 'production',
    services: ['backend'],
    access: { callers: { ops: CALLER }, waive: 'a reason' },
  });

  expect(only(resolved.findings, 'ACCESS_WAIVED')).toEqual([
    {
      code: 'ACCESS_WAIVED',
      severity: 'warning',
      path: 'access.waive',
      origin: { layer: 'process', variable: 'BEACON_ACCESS_WAIVE' },
      message: 'Everybody may read: a reason',
      fix: 'Remove the waiver once the reason is gone.',
    },
  ]);
});

test('without a catalog strict environments serve the services that are named, others every valid name', () => {
  expect(
    ENVIRONMENTS.map((environment) => resolveDeclared({ environment, services: ['a', 'b', 'a'] }).serviceNames),
  ).toEqual(ENVIRONMENTS.map(() => ['a', 'b']));
  expect(ENVIRONMENTS.map((environment) => resolveDeclared({ environment }).serviceNames)).toEqual([
    null,
    null,
    [],
    [],
  ]);
});

test('every code has a severity for each kind of environment and a meaning in a sentence', () => {
  for (const [code, [relaxed, strict, meaning]] of Object.entries(FINDING_CODES)) {
    expect([code, relaxed, strict]).toEqual([
      expect.stringMatching(/^[A-Z][A-Z_]+$/),
      expect.stringMatching(/^(error|warning|info)$/),
      expect.stringMatching(/^(error|warning|info)$/),
    ]);
    expect(meaning).toMatch(/^\S.*\.$/);
  }
  expect(Object.keys(FINDING_CODES)).toEqual(Object.keys(FINDING_CODES).toSorted());
});
