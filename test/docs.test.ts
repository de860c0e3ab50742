import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderDocs } from '../docs/generate.ts';

test('the generated pages are not stale (npm run docs)', async () => {
  const pages = await renderDocs();
  expect(Object.keys(pages)).toEqual(['reference.md', 'faults.md']);
  for (const [name, text] of Object.entries(pages)) {
    const committed = await readFile(new URL(`../docs/${name}`, import.meta.url), 'utf8');
    expect(committed, name).toBe(text);
  }
});
