import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCatalog } from '../../src/catalog/document.ts';
import type { EnvironmentName } from '../../src/core/environment.ts';
import type { Finding } from '../../src/core/finding.ts';
import { resolveDeclared } from './resolving.ts';

const FOLDER = new URL('../fixtures/', import.meta.url);
const FIXTURES = readdirSync(FOLDER).filter((name) => name.startsWith('invalid-') && name.endsWith('.yaml'));

function read(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8');
}

/** The findings of reading; where the file can be read, those of resolving it as its first lines say. */
function findingsOf(text: string): readonly Finding[] {
  const parsed = parseCatalog(text, 'catalog.yaml');
  if (!parsed.ok) return parsed.findings;
  const [, environment = 'development'] = /^# environment: (.*)$/m.exec(text) ?? [];
  const [, network = 'host'] = /^# network: (.*)$/m.exec(text) ?? [];
  return resolveDeclared({ catalog: text, environment: environment as EnvironmentName, network }).findings;
}

function render({ severity, code, path, origin, message, fix }: Finding): string {
  const place = origin === null ? 'nowhere' : `${origin.layer} ${origin.line ?? '-'}:${origin.column ?? '-'}`;
  return `${severity} ${code} ${path || '(whole file)'} (${place})\n  ${message}\n  ${fix}\n`;
}

test.each(FIXTURES)('reports every problem with its place, cause and fix: %s', (name) => {
  expect(findingsOf(read(name)).map(render).join('')).toBe(read(name.replace(/\.yaml$/, '.txt')));
});

test.each(FIXTURES)('quotes nothing that may be secret: %s', (name) => {
  expect(JSON.stringify(findingsOf(read(name)))).not.toMatch(/hunter2|canary/i);
});
