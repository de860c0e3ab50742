import { expect, test } from 'vitest';
import { CATALOG_BYTES_MAX, parseCatalog } from '../../src/catalog/document.ts';
import { locate, type Marks } from '../../src/core/marks.ts';

const YAML = `# a comment
version: 1
deployments:
  main:
    addresses: { host: "localhost:6380", 'vpn': r.example:1 }
    tls:
      ca: |
        -----BEGIN CERTIFICATE-----
        MIIB
    auth:
      username:   plain
  sharded:
    topology: cluster
    nodes:
      - c1
      - "c2:7000"
services:
  backend:
  auth: {}
`;

function marksOf(text: string): Marks {
  const parsed = parseCatalog(text, 'catalog.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.marks;
}

test.each<[string, number, number]>([
  ['version', 2, 10],
  ['deployments', 4, 3],
  ['deployments.main.addresses', 5, 16],
  ['deployments.main.addresses.host', 5, 24],
  ['deployments.main.addresses.vpn', 5, 49],
  ['deployments.main.tls.ca', 7, 7],
  ['deployments.main.auth.username', 11, 19],
  ['deployments.sharded.nodes', 15, 7],
  ['deployments.sharded.nodes.0', 15, 9],
  ['deployments.sharded.nodes.1', 16, 9],
  ['services.backend', 18, 3],
  ['services.auth', 19, 9],
  ['services.auth.connections', 19, 9],
])('I4: %s stands at line %i, column %i', (path, line, column) => {
  expect(locate(marksOf(YAML), path.split('.'))).toEqual({ line, column });
});

test('JSON is a catalog, too, with places', () => {
  const text = '{\r\n  "version": 1,\r\n  "services": { "backend": null }\r\n}\r\n';
  const parsed = parseCatalog(text, 'catalog.json');

  expect(parsed).toMatchObject({ ok: true, catalog: { version: 1, services: { backend: null } } });
  expect(locate(marksOf(text), ['services', 'backend'])).toEqual({ line: 3, column: 28 });
});

test('a byte order mark changes nothing', () => {
  expect(locate(marksOf(`\uFEFF${YAML}`), ['services', 'auth'])).toEqual({ line: 19, column: 9 });
});

/** The code of the first finding; null where the text is accepted. */
function refusal(text: string): string | null {
  const parsed = parseCatalog(text, 'catalog.yaml');
  return parsed.ok ? null : (parsed.findings[0]?.code ?? '');
}

test.each<[string, string]>([
  ['nested 3,000 deep', `${'['.repeat(3000)}${']'.repeat(3000)}`],
  ['nested 3,000 deep and not closed', '{a: '.repeat(3000)],
  ['50,000 equal keys', 'a: 1\n'.repeat(50_000)],
  ['a zero byte', 'version: 1\u0000'],
])('bounds what the parser does with %s', (_title, text) => {
  const before = performance.now();

  expect(refusal(text)).toBe('CATALOG_SYNTAX');
  expect(performance.now() - before).toBeLessThan(2000);
});

test('reads up to 8 MiB', () => {
  const padding = '#'.repeat(CATALOG_BYTES_MAX - 'version: 1\n'.length);

  expect([refusal(`version: 1\n${padding}`), refusal(`version: 1\n${padding}#`)]).toEqual([null, 'CATALOG_TOO_LARGE']);
});

test('counts bytes, not characters', () => {
  expect(refusal(`version: 1\n#${'漢'.repeat(CATALOG_BYTES_MAX / 3)}`)).toBe('CATALOG_TOO_LARGE');
});

test('a billion laughs are refused at the first alias', () => {
  const text = `version: 1\na: &a [x]\n${Array.from({ length: 20 }, (_, index) => `b${index}: [*a, *a]`).join('\n')}\n`;

  expect(refusal(text)).toBe('CATALOG_ALIAS');
});

test('merge keys are no way to hide where a value stands', () => {
  expect(refusal('version: 1\ndefaults:\n  <<: { pool: { max: 3 } }\n')).toBe('CATALOG_KEY_UNKNOWN');
});

test.each(['__proto__', 'constructor', 'toString'])('a key %s pollutes nothing', (key) => {
  expect(refusal(`version: 1\n${key}: { polluted: true }\n`)).toBe('CATALOG_KEY_UNKNOWN');
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

test('a service may be called constructor', () => {
  expect(parseCatalog('version: 1\nservices: { constructor: {} }\n', 'catalog.yaml')).toMatchObject({
    ok: true,
    catalog: { services: { constructor: {} } },
  });
});

test('at most 100 problems are told', () => {
  const keys = Array.from({ length: 500 }, (_, index) => `k${index}: 1`).join('\n');
  const parsed = parseCatalog(`version: 1\n${keys}\n`, 'catalog.yaml');

  expect(parsed.ok ? 0 : parsed.findings.length).toBe(100);
});
