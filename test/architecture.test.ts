import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';

interface SourceFile {
  /** Path below `src`. */
  readonly file: string;
  readonly source: string;
}

/** Who may import what: a folder, a file, a package, or `node:` for all of them. What is not listed is forbidden. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: ['zod', 'node:crypto'],
  secrets: ['core', 'node:'],
  redis: ['core', 'ioredis', 'tarn', 'node:'],
  testing: ['core', 'node:'],
  catalog: ['core', 'secrets', 'settings.ts', 'redis/ladder.ts', 'js-yaml', 'node:'],
  'catalog/development-redis.ts': ['testing'],
  health: ['core', 'catalog', 'redis'],
  http: ['core', 'catalog', 'health', 'settings.ts', 'fastify', 'zod', 'node:'],
  cli: ['core', 'http', 'main.ts', 'quiet.ts', 'node:'],
  'settings.ts': ['core', 'zod'],
  'log.ts': ['settings.ts', 'pino', 'pino-pretty'],
  'log-events.ts': ['core', 'catalog', 'health', 'pino'],
  'metrics.ts': ['catalog', 'health', '@prometheus-io/client'],
  'app.ts': ['core', 'http', 'fastify', '@fastify/swagger', 'fastify-type-provider-zod', 'pino'],
  'service.ts': [
    'core',
    'catalog',
    'redis',
    'health',
    'http',
    'settings.ts',
    'metrics.ts',
    'log-events.ts',
    'app.ts',
    'fastify',
    'pino',
    'node:',
  ],
  'main.ts': ['core', 'settings.ts', 'log.ts', 'app.ts', 'service.ts', 'quiet.ts', 'pino', 'node:'],
  'quiet.ts': [],
};

/** Of the core only types: what tests start must not depend on how the service works. */
const TYPES_ONLY = [['testing', 'core']] as const;

/** The way out for secrets: where they are served, sent to Redis, hashed, or read to find out what they mean. */
const MAY_REVEAL: ReadonlySet<string> = new Set([
  'catalog/sources.ts',
  'core/redis-url.ts',
  'core/references.ts',
  'core/render/configuration.ts',
  'core/resolve/fingerprint.ts',
  'core/resolve/secrets.ts',
  'core/resolve/tls.ts',
  'core/variables/fields.ts',
  'core/variables/interpret.ts',
  'core/variables/strangers.ts',
  'redis/connection.ts',
  'redis/credentials.ts',
  'redis/ladder/credentials.ts',
  'redis/ladder/tls-material.ts',
]);

const LINES_MAX = 250;

/** Longer for a reason: a listing of contracts, and one state machine. */

/** `testing` runs in the tests of others, which set REDIS_SERVER_BIN. */
const MAY_READ_ENVIRONMENT = /^(?!main\.ts|quiet\.ts|cli\/|testing\/redis-server\.ts)/;

const CLOCK =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.[a-z]|\bset(?:Timeout|Interval|Immediate)\(|\bMath\.random\b/;

/** What a file must not contain, unless its path is one of the exceptions. */
const FORBIDDEN: readonly { what: string; pattern: RegExp; where: RegExp }[] = [
  { what: 'looks at the clock', pattern: CLOCK, where: /^core\// },
  { what: 'uses the process', pattern: /\bprocess\.[a-z]|\bglobalThis\b|\bfetch\(/, where: /^core\// },
  {
    what: 'reads the environment',
    pattern: /\bprocess\.env\b|\benv\b.*\bfrom 'node:process'/,
    where: MAY_READ_ENVIRONMENT,
  },
  { what: 'writes to the console', pattern: /\bconsole\./, where: /^(?!main\.ts|quiet\.ts|cli\/)/ },
  { what: 'exports what it imports', pattern: /^export (?:type )?(?:\*|\{[^}]*\}) from\b/m, where: /^/ },
  // ioredis asks for a connector that inherits
  { what: 'inherits', pattern: /\bclass \w+(?:<[^>]*>)? extends (?!Error\b|AbstractConnector\b)/, where: /^/ },
];

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

interface Import {
  /** A path below `src`, or the name of a package. */
  readonly target: string;
  readonly isType: boolean;
}

function importsOf({ file, source }: SourceFile): Import[] {
  const pattern =
    /\bimport (type )?(?:[^;'"]*? from )?'([^']+)'|\bimport\('([^']+)'\)|^export (type )?[^;'"]*? from '([^']+)'/gm;
  return [...withoutComments(source).matchAll(pattern)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[5] ?? '';
    const isType = match[1] !== undefined || match[4] !== undefined;
    return { target: specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : specifier, isType };
  });
}

/** The folder of a file below `src`, or the file itself at the top. */
function partOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? path) : path;
}

function isAllowed(file: string, target: string): boolean {
  const allowed = [...(ALLOWED[partOf(file)] ?? []), ...(ALLOWED[file] ?? [])];
  return allowed.some((entry) => target === entry || target.startsWith(entry.endsWith(':') ? entry : `${entry}/`));
}

function forbiddenImports(each: SourceFile): string[] {
  return importsOf(each).flatMap(({ target, isType }) => {
    const isOwn = target.endsWith('.ts') && partOf(target) === partOf(each.file) && each.file.includes('/');
    if (isOwn) return [];
    if (!isAllowed(each.file, target)) return [`${each.file} imports ${target}`];
    const typesOnly = TYPES_ONLY.some(([from, to]) => partOf(each.file) === from && partOf(target) === to);
    return typesOnly && !isType ? [`${each.file} imports more than types of ${target}`] : [];
  });
}

/** Folders that import each other, however long the way round. */
function cycles(files: readonly SourceFile[]): string[] {
  const edges = new Map<string, Set<string>>();
  for (const each of files) {
    const from = partOf(each.file);
    const targets = importsOf(each)
      .map(({ target }) => target)
      .filter((target) => target.endsWith('.ts'));
    edges.set(from, new Set([...(edges.get(from) ?? []), ...targets.map(partOf).filter((to) => to !== from)]));
  }
  const reaches = (from: string, goal: string, seen: Set<string>): boolean =>
    [...(edges.get(from) ?? [])].some((to) => to === goal || (!seen.has(to) && reaches(to, goal, seen.add(to))));
  return [...edges.keys()]
    .filter((part) => reaches(part, part, new Set()))
    .map((part) => `${part} is in a cycle of imports`);
}

/** Everything that is not as it should be, in words. */
function violations(files: readonly SourceFile[]): string[] {
  const single = files.flatMap((each) => {
    const { file, source } = each;
    const code = withoutComments(source);
    const lines = source.trimEnd().split('\n').length;
    return [
      ...forbiddenImports(each),
      ...FORBIDDEN.filter(({ pattern, where }) => where.test(file) && pattern.test(code)).map(
        ({ what }) => `${file} ${what}`,
      ),
      ...(/\.reveal\(/.test(code) && !MAY_REVEAL.has(file) ? [`${file} reveals a secret`] : []),
      ...(posix.basename(file) === 'index.ts' ? [`${file} is a barrel`] : []),
      ...(lines > LINES_MAX ? [`${file} has ${lines} lines`] : []),
    ];
  });
  return [...single, ...cycles(files)];
}

const SRC = new URL('../src/', import.meta.url);

function readSources(): SourceFile[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.map((file) => ({ file: file.replaceAll('\\', '/'), source: readFileSync(new URL(file, SRC), 'utf8') }));
}

test('the source keeps to its structure', () => {
  const files = readSources();

  expect(files.length).toBeGreaterThan(100);
  expect(violations(files)).toEqual([]);
});

test('the lists of exceptions name files that exist and need them', () => {
  const revealing = readSources().filter(({ source }) => /\.reveal\(/.test(withoutComments(source)));

  expect(revealing.map(({ file }) => file).toSorted()).toEqual([...MAY_REVEAL].toSorted());
});

test.each<[string, string, string]>([
  ['core/x.ts', "import { readFile } from 'node:fs';", 'core/x.ts imports node:fs'],
  ['core/x.ts', "import Redis from 'ioredis';", 'core/x.ts imports ioredis'],
  ['core/x.ts', "import {\n  a,\n  b,\n} from '../redis/pool.ts';", 'core/x.ts imports redis/pool.ts'],
  ['core/x.ts', "import type { A } from '../health/window.ts';", 'core/x.ts imports health/window.ts'],
  ['core/x.ts', "import 'fastify';", 'core/x.ts imports fastify'],
  ['core/x.ts', "const a = await import('../secrets/file.ts');", 'core/x.ts imports secrets/file.ts'],
  ['core/x.ts', "import { a } from '../settings.ts';", 'core/x.ts imports settings.ts'],
  ['core/deep/x.ts', 'const now = Date.now();', 'core/deep/x.ts looks at the clock'],
  ['core/x.ts', 'const now = new Date();', 'core/x.ts looks at the clock'],
  ['core/x.ts', 'const now = performance.now();', 'core/x.ts looks at the clock'],
  ['core/x.ts', 'setTimeout(run, 1);', 'core/x.ts looks at the clock'],
  ['core/x.ts', 'const a = process.argv;', 'core/x.ts uses the process'],
  ['redis/x.ts', "import { a } from '../catalog/revision.ts';", 'redis/x.ts imports catalog/revision.ts'],
  ['catalog/x.ts', "import { a } from '../redis/pool.ts';", 'catalog/x.ts imports redis/pool.ts'],
  ['catalog/x.ts', "import { a } from '../testing/redis-server.ts';", 'catalog/x.ts imports testing/redis-server.ts'],
  [
    'testing/x.ts',
    "import { a } from '../core/address.ts';",
    'testing/x.ts imports more than types of core/address.ts',
  ],
  ['http/x.ts', "import { a } from '../redis/pool.ts';", 'http/x.ts imports redis/pool.ts'],
  ['http/x.ts', "import { a } from '../app.ts';", 'http/x.ts imports app.ts'],
  ['http/x.ts', 'const a = process.env.HOME;', 'http/x.ts reads the environment'],
  ['http/x.ts', 'console.log(1);', 'http/x.ts writes to the console'],
  ['http/x.ts', 'const a = password.reveal();', 'http/x.ts reveals a secret'],
  ['http/x.ts', "export { a } from './y.ts';", 'http/x.ts exports what it imports'],
  ['http/x.ts', 'class Pool extends Base {}', 'http/x.ts inherits'],
  ['http/index.ts', '', 'http/index.ts is a barrel'],
  ['http/x.ts', 'x;\n'.repeat(251), 'http/x.ts has 251 lines'],
])('a violation is found: %s with %j', (file, source, violation) => {
  expect(violations([{ file, source }])).toContain(violation);
});

test.each<[string, string]>([
  [
    'core/x.ts',
    "import { z } from 'zod';\nimport { createHash } from 'node:crypto';\nimport { a } from './resolve/y.ts';",
  ],
  ['core/x.ts', '/** The process.env of Date.now() */\nconst at = new Date(text); // console.log'],
  ['catalog/development-redis.ts', "import { a } from '../testing/redis-server.ts';"],
  ['testing/x.ts', "import type { Address } from '../core/target.ts';"],
  ['http/x.ts', 'class Problem extends Error {}\nif (!a !== !b && a !== b) run(!a);'],
  ['main.ts', 'const settings = process.env;'],
])('what is allowed is no violation: %s with %j', (file, source) => {
  expect(violations([{ file, source }])).toEqual([]);
});

test('a cycle of folders is found, however long', () => {
  const files = [
    { file: 'a/x.ts', source: "import { y } from '../b/y.ts';" },
    { file: 'b/y.ts', source: "import { z } from '../c/z.ts';" },
    { file: 'c/z.ts', source: "import { x } from '../a/x.ts';" },
    { file: 'd/w.ts', source: "import { x } from '../a/x.ts';" },
  ];

  expect(cycles(files)).toEqual([
    'a is in a cycle of imports',
    'b is in a cycle of imports',
    'c is in a cycle of imports',
  ]);
});
