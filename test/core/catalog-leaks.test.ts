import fc from 'fast-check';
import { dump } from 'js-yaml';
import { expect, test } from 'vitest';
import { parseCatalog } from '../../src/catalog/document.ts';
import type { Finding } from '../../src/core/finding.ts';
import { resolve } from '../../src/core/resolve/resolve.ts';
import { inputOf } from './resolving.ts';

const CANARY = 'Zq7#vK!x9Wp@2LmR';

/** True where a finding shows any six characters in a row of the canary. */
function leaks(findings: readonly Finding[], canary = CANARY): boolean {
  const text = JSON.stringify(findings);
  const windows = Array.from({ length: canary.length - 5 }, (_, index) => canary.slice(index, index + 6));
  return windows.some((window) => text.includes(window) || text.includes(JSON.stringify(window).slice(1, -1)));
}

/** Findings of reading, and of resolving what can be read. */
function findingsOf(text: string, variables: Record<string, string> = {}): readonly Finding[] {
  const parsed = parseCatalog(text, 'catalog.yaml');
  if (!parsed.ok) return parsed.findings;
  const found: Finding[] = [];
  for (const environment of ['development', 'production'] as const) {
    const resolution = resolve(inputOf({ catalog: text, environment, variables, network: 'container' }));
    for (const name of resolution.serviceNames ?? []) resolution.resolveService(name);
    resolution.finish();
    found.push(...resolution.findings);
  }
  return found;
}

const FULL = {
  version: 1,
  defaults: { pool: { min: 1 }, timeouts: { connectMs: 1 }, retry: { capMs: 1000 }, thresholds: { hitRateMin: 0.5 } },
  deployments: {
    main: {
      topology: 'standalone',
      addresses: { container: 'redis:6379', host: 'localhost:6380' },
      auth: { username: 'app', password: 'literal' },
      tls: { enabled: true, ca: 'pem', cert: 'pem', key: 'pem', servername: 'redis', minVersion: 'TLSv1.2' },
      databases: 16,
    },
    guarded: {
      topology: 'sentinel',
      sentinel: { master: 'm', nodes: ['s1:26379'], auth: { username: 'u', password: { env: 'SENTINEL' } }, tls: true },
      natMap: { host: { 'a:1': 'b:2' } },
      auth: { password: { file: '/run/secrets/x' } },
      thresholds: { certificateDaysMin: 3 },
    },
    sharded: { topology: 'cluster', nodes: { container: ['c1:6379'] } },
  },
  services: { backend: { connections: { cache: { deployment: 'main', db: 0, keyPrefix: 'p', workload: 'cache' } } } },
  access: { callers: { ops: { tokenSha256: '0'.repeat(64), services: ['*'], operator: true } } },
  environments: { production: { deployments: { main: { auth: { password: 'other' } } } } },
};

type Path = readonly string[];

/** Every place of a document, leaves and branches. */
function* placesOf(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) yield* placesOf(child, [...path, key]);
}

/** A copy with another value or another key at the end of the path. */
function change(
  value: unknown,
  [key, ...rest]: Path,
  edit: (parent: Record<string, unknown>, key: string) => void,
): unknown {
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>; // a container
  if (key === undefined) return copy;
  if (rest.length === 0) edit(copy, key);
  else copy[key] = change(copy[key], rest, edit);
  return copy;
}

const PLACES = [...placesOf(FULL)].map((path) => [path.join('.'), path] as const);

test.each(PLACES)('I1: shows nothing of a secret that stands at %s', (_title, path) => {
  const put = (canary: unknown) =>
    change(FULL, path, (parent, key) => {
      parent[key] = canary;
    });
  const texts = [
    CANARY,
    [CANARY],
    { [CANARY]: CANARY },
    { env: CANARY },
    { file: CANARY },
    `redis://u:${CANARY}@h:1/0`,
    `u:${CANARY}@h`,
  ]
    .map(put)
    .flatMap((document) => [dump(document), JSON.stringify(document)]);

  expect(texts.filter((text) => leaks(findingsOf(text)))).toEqual([]);
});

test.each(PLACES)('I1: shows nothing of a secret that is a key beside %s', (_title, path) => {
  const renamed = change(FULL, path, (parent, key) => {
    parent[CANARY] = parent[key];
    delete parent[key];
  });

  expect(leaks(findingsOf(dump(renamed)))).toBe(false);
});

test('the search for leaks finds one', () => {
  const finding: Finding = {
    code: 'X',
    severity: 'error',
    path: '',
    origin: null,
    message: `...${CANARY.slice(3, 9)}...`,
    fix: '',
  };

  expect(leaks([finding])).toBe(true);
});

test('I1: shows nothing of a catalog that is cut off or damaged anywhere', () => {
  const text = dump(FULL).replaceAll(/literal|pem|other/g, CANARY);
  fc.assert(
    fc.property(
      fc.nat(text.length),
      fc.constantFrom('', '\t', '"', '{', ']', ': ', '*', '&a ', '!!x ', '\u0000', '\n- '),
      (at, junk) => {
        const damaged = [text.slice(0, at) + junk, text.slice(0, at) + junk + text.slice(at)];

        expect(damaged.filter((each) => leaks(findingsOf(each)))).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

const VARIABLES = ['URL', 'HOST', 'PORT', 'USERNAME', 'PASSWORD', 'DB', 'TLS', 'TLS_SERVERNAME', 'CA', 'CERT', 'KEY'];

test.each(
  VARIABLES.flatMap((field) => [
    `REDIS_${field}`,
    `REDIS_MAIN_${field}`,
    `REDIS_CACHE_${field}`,
    `REDIS_${field}_FILE`,
  ]),
)('I1: shows nothing of a secret in %s', (name) => {
  const values = [
    CANARY,
    ` ${CANARY}\n`,
    `redis://u:${CANARY}@h:1/0`,
    `REDIS://:${CANARY}@h`,
    `redis://:${encodeURIComponent(CANARY)}@h:x`,
  ];
  const found = values.map((value) => findingsOf(dump(FULL), { REDIS_URL: 'rediss://redis:6379', [name]: value }));

  expect(found.filter((findings) => leaks(findings))).toEqual([]);
});

test('never throws, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(parseCatalog(text, 'catalog.yaml').ok).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('never throws, whatever the document, and shows nothing of its texts', () => {
  const key = fc.constantFrom(
    'version',
    'services',
    'deployments',
    'auth',
    'tls',
    'password',
    'x',
    '__proto__',
    'constructor',
    CANARY,
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6, withCrossShrink: true },
      fc.constantFrom<unknown>(1, 0, -1, true, null, CANARY, '', Number.POSITIVE_INFINITY),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie('tree')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      expect([dump(value), JSON.stringify(value)].filter((text) => leaks(findingsOf(text)))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
