import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { Catalog } from '../core/catalog-schema.ts';
import type { Environment } from '../core/environment.ts';
import type { Finding } from '../core/finding.ts';
import type { Marks } from '../core/marks.ts';
import { collectReferences, type SecretUse } from '../core/references.ts';
import { describeReading, type ReadingProblem, type SecretReadings } from '../core/secret-reading.ts';
import type { VariableLayer } from '../core/variables.ts';
import { readRegularFile } from '../secrets/file.ts';
import { readSecrets } from '../secrets/read-secrets.ts';
import { CATALOG_BYTES_MAX, type ParsedCatalog } from './document.ts';
import { ENV_FILE_BYTES_MAX, parseEnvFile, processVariables } from './env-file.ts';

/** Where declarations are looked for. */
export interface SourceSettings {
  readonly environment: Environment;
  readonly directory: string;
  /** `BEACON_CATALOG`; null: `catalog.yaml` in the directory, if there is one. */
  readonly catalog: string | null;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Everything that was declared, as it was read in one go. */
export interface Sources {
  readonly catalog: { readonly file: string; readonly document: Catalog; readonly marks: Marks } | null;
  readonly variables: readonly VariableLayer[];
  readonly readings: SecretReadings;
  readonly secretUses: readonly SecretUse[];
  /** Paths of all that was looked for, whether it was there or not. */
  readonly files: readonly string[];
  /** Why it cannot be used: unreadable files, an invalid catalog. */
  readonly problems: readonly Finding[];
  /** Equal for equal content. Never shown: secrets went into it. */
  readonly digest: string;
}

const DEFAULT_CATALOG = 'catalog.yaml';

export type ParseCatalog = (text: string, file: string) => Promise<ParsedCatalog> | ParsedCatalog;

/** Reads catalog, `.env` files and every secret that they refer to. `now` is ISO 8601. */
export async function readSources(settings: SourceSettings, parse: ParseCatalog, now: string): Promise<Sources> {
  const problems: Finding[] = [];
  const digest = createHash('sha256');
  const catalog = await readCatalog(settings, parse, problems, digest);
  const variables = [...(await readEnvFiles(settings, problems, digest)), processVariables(settings.variables)];
  const secretUses = collectReferences(catalog?.document ?? null, settings.environment.name, variables);
  const readings = await readSecrets(
    secretUses.map(({ reference }) => reference),
    variables,
    now,
  );
  for (const [reference, reading] of readings)
    digest.update(JSON.stringify([reference, reading.ok ? reading.secret.reveal() : reading.problem]));
  const files = [...declarationFiles(settings), ...secretFiles(readings.keys())];
  return { catalog, variables, readings, secretUses, files, problems, digest: digest.digest('base64') };
}

function declarationFiles({ directory, catalog, environment }: SourceSettings): string[] {
  const names = [catalog ?? DEFAULT_CATALOG, ...envFiles(environment).map(([file]) => file)];
  return names.map((name) => resolve(directory, name));
}

function secretFiles(references: Iterable<string>): string[] {
  return [...references].flatMap((reference) =>
    reference.startsWith('file:') ? [reference.slice('file:'.length)] : [],
  );
}

/** `.env`, then `.env.<environment>`: lowest first. */
function envFiles({ name }: Environment) {
  return [
    ['.env', 'env-file'],
    [`.env.${name}`, 'env-file-environment'],
  ] as const;
}

type Digest = ReturnType<typeof createHash>;

async function readCatalog(
  settings: SourceSettings,
  parse: ParseCatalog,
  problems: Finding[],
  digest: Digest,
): Promise<Sources['catalog']> {
  const file = settings.catalog ?? DEFAULT_CATALOG;
  const read = await readRegularFile(resolve(settings.directory, file), CATALOG_BYTES_MAX);
  digest.update(read.ok ? read.content : read.problem);
  if (!read.ok) {
    if (read.problem === 'missing' && settings.catalog === null) return null;
    problems.push(unreadable(file, read.problem, 'The catalog', 'CATALOG_UNREADABLE'));
    return null;
  }
  const parsed = await parse(read.content.toString('utf8'), file);
  if (parsed.ok) return { file, document: parsed.catalog, marks: parsed.marks };
  problems.push(...parsed.findings);
  return null;
}

function unreadable(file: string, problem: ReadingProblem, what: string, code: string): Finding {
  const words =
    problem === 'too-large'
      ? [`${what} is too large.`, 'Split it, or remove what nobody uses.']
      : describeReading({ ok: false, problem }, what);
  const [message = '', fix = ''] = words;
  return { code, severity: 'error', path: '', origin: { layer: 'catalog-base', file }, message, fix };
}

/** A file that is not there says nothing. */
async function readEnvFiles(settings: SourceSettings, problems: Finding[], digest: Digest): Promise<VariableLayer[]> {
  const layers: VariableLayer[] = [];
  for (const [file, layer] of envFiles(settings.environment)) {
    const read = await readRegularFile(resolve(settings.directory, file), ENV_FILE_BYTES_MAX);
    digest.update(read.ok ? read.content : read.problem);
    if (read.ok) layers.push(parseEnvFile(read.content.toString('utf8'), file, layer));
    else if (read.problem !== 'missing') problems.push(unreadable(file, read.problem, file, 'ENV_FILE_UNREADABLE'));
  }
  return layers;
}
