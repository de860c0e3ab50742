import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCatalog } from '../src/catalog/document.ts';
import { readSources } from '../src/catalog/sources.ts';
import type { EnvironmentName } from '../src/core/environment.ts';
import { renderService } from '../src/core/render/configuration.ts';
import { resolve } from '../src/core/resolve/resolve.ts';

const EXAMPLE = new URL('../examples/catalog.yaml', import.meta.url);
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

let directory = '';

/** A copy whose secrets are in the directory instead of /run/secrets. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'redis-beacon-example-'));
  const text = await readFile(EXAMPLE, 'utf8');
  await writeFile(join(directory, 'catalog.yaml'), text.replaceAll('/run/secrets', directory));
  await writeFile(join(directory, 'redis-ca.pem'), CERTIFICATE);
  await writeFile(join(directory, 'redis-password'), 'of-production\n');
  await copyFile(EXAMPLE, join(directory, 'as-it-is.yaml'));
});

afterAll(() => rm(directory, { recursive: true }));

async function resolveExample(
  name: EnvironmentName,
  network: string,
  catalog: string,
  variables: Record<string, string> = {},
) {
  const environment = { name, detectedFrom: 'ENVIRONMENT' };
  const sources = await readSources(
    { environment, directory, catalog, variables },
    parseCatalog,
    '2026-11-21T10:00:00.000Z',
  );
  const { readings, catalog: declared, variables: layers, problems } = sources;
  const resolution = resolve({
    environment,
    ownNetwork: network,
    catalog: declared,
    variables: layers,
    readings,
    embedded: null,
    services: null,
    access: { callers: {}, waive: null },
  });
  const services = (resolution.serviceNames ?? []).map((service) => resolution.resolveService(service));
  resolution.finish();
  return { resolution, services, findings: [...problems, ...resolution.findings] };
}

/** URLs of a service by connection, as they are served. */
async function urlsOf(service: string, name: EnvironmentName, network: string, variables: Record<string, string> = {}) {
  const { resolution, services } = await resolveExample(name, network, 'catalog.yaml', variables);
  const found = services.find((each) => each.name === service);
  const rendered = found === undefined ? null : renderService(found, resolution.deployments, network);
  if (rendered?.ok !== true) throw new Error(`${service} has no address in ${network}`);
  return Object.fromEntries(
    rendered.connections.map(([connection, json]) => [connection, (JSON.parse(json) as { url: string }).url]),
  );
}

const WITHOUT_CALLERS = 'info ACCESS_MISSING access';

test.each<[EnvironmentName, Record<string, string>, string[]]>([
  ['development', {}, [WITHOUT_CALLERS]],
  ['test', {}, [WITHOUT_CALLERS]],
  ['staging', { STAGING_REDIS_PASSWORD: 'of-staging' }, []],
  ['production', {}, []],
])('the example has nothing to mend in %s, in either network', async (environment, variables, expected) => {
  for (const network of ['container', 'host']) {
    const { findings } = await resolveExample(environment, network, 'catalog.yaml', variables);

    expect(findings.map(({ severity, code, path }) => `${severity} ${code} ${path}`)).toEqual(expected);
  }
});

test.each<[EnvironmentName, string[]]>([
  ['development', []],
  ['test', []],
  [
    'staging',
    [
      'deployments.main.auth.password: Variable STAGING_REDIS_PASSWORD does not exist.',
      'deployments.main.tls.ca: File /run/secrets/redis-ca.pem does not exist.',
    ],
  ],
  [
    'production',
    [
      'deployments.main.auth.password: File /run/secrets/redis-password does not exist.',
      'deployments.main.tls.ca: File /run/secrets/redis-ca.pem does not exist.',
    ],
  ],
])('as it is, without its secrets, %s has exactly these errors', async (environment, expected) => {
  const { findings } = await resolveExample(environment, 'container', 'as-it-is.yaml');

  expect(
    findings.filter(({ severity }) => severity === 'error').map(({ path, message }) => `${path}: ${message}`),
  ).toEqual(expected);
});

test.each<[EnvironmentName, string, string]>([
  ['development', 'container', 'redis://dev-redis:6379/1'],
  ['development', 'host', 'redis://localhost:6380/1'],
  ['test', 'container', 'redis://test-redis:6379/1'],
  ['test', 'host', 'redis://localhost:6381/1'],
  ['staging', 'container', 'rediss://beacon:of-staging@redis.staging.internal:6379/1'],
  ['staging', 'host', 'rediss://beacon:of-staging@localhost:16379/1'],
  ['production', 'container', 'rediss://beacon:of-production@redis.production.internal:6379/1'],
])('in %s, network %s, sessions are at %s', async (environment, network, url) => {
  expect((await urlsOf('backend', environment, network, { STAGING_REDIS_PASSWORD: 'of-staging' })).session).toBe(url);
});

test('each service has its connections on databases of the one server', async () => {
  expect(await urlsOf('backend', 'development', 'host')).toEqual({
    cache: 'redis://localhost:6380/0',
    session: 'redis://localhost:6380/1',
    queue: 'redis://localhost:6380/2',
  });
});
