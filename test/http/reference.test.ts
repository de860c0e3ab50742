import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { parseCatalog } from '../../src/catalog/document.ts';
import { catalogSchema } from '../../src/core/catalog-schema.ts';
import { PROBLEMS } from '../../src/http/problems.ts';
import * as configSchemas from '../../src/http/schemas-config.ts';
import * as debugSchemas from '../../src/http/schemas-debug.ts';
import * as healthSchemas from '../../src/http/schemas-health.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { type Answer, type Beacon, startBeacon, strictCatalog, TOKENS } from '../support/service.ts';
import { until } from '../support/until.ts';

let redis: RedisServer;
let beacon: Beacon;

beforeAll(async () => {
  redis = await startRedis({ password: 'secret' });
  beacon = await startBeacon({
    files: {
      'catalog.yaml': {
        version: 1,
        deployments: {
          main: { addresses: { host: `127.0.0.1:${redis.port}` }, auth: { password: { env: 'PW' } } },
          away: { addresses: { host: `127.0.0.1:${await freePort('127.0.0.1')}` } },
          ha: { topology: 'sentinel', sentinel: { master: 'm', nodes: ['127.0.0.1:26379'] } },
        },
        services: { backend: { connections: { default: { deployment: 'main' }, ha: { deployment: 'ha' } } } },
      },
    },
    variables: { PW: 'secret' },
  });
  await beacon.revision(2);
});

afterAll(async () => {
  await beacon[Symbol.asyncDispose]();
  await redis.stop();
});

interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { summary?: string; responses: Record<string, { description?: string }> }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly examples?: readonly unknown[] }>> };
}

const openApi = async (): Promise<OpenApi> => (await beacon.ask('/openapi.json')).json;

describe('/openapi.json', () => {
  test('is OpenAPI 3.1 and names every route with a summary and its answers', async () => {
    const document = await openApi();
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(Object.keys(document.paths).sort()).toEqual([
      '/config',
      '/config/{service}',
      '/debug/redis-config',
      '/health/live',
      '/health/ready',
      '/health/redis',
      '/health/redis/{deployment}',
      '/metrics',
      '/schema/catalog.json',
    ]);
    for (const [path, methods] of Object.entries(document.paths)) {
      expect([path, Object.keys(methods)]).toEqual([path, ['get']]);
      expect(methods.get?.summary, path).toMatch(/\w/);
      for (const [status, { description }] of Object.entries(methods.get?.responses ?? {}))
        expect([path, status, description]).toEqual([path, status, expect.stringMatching(/\w/)]);
    }
  });

  test('has only references that lead somewhere, and no component that nobody refers to', async () => {
    const document = await openApi();
    const text = JSON.stringify(document);
    const referred = new Set([...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name));
    expect([...referred].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });

  test('has an example for each answer, and each example is valid by the schema that is published with it', async () => {
    const document = await openApi();
    const checked: string[] = [];
    for (const [name, { examples = [] }] of Object.entries(document.components.schemas)) {
      const { components } = document;
      const json = JSON.parse(
        JSON.stringify({ $ref: `#/$defs/${name}`, $defs: components.schemas }).replaceAll(
          '#/components/schemas/',
          '#/$defs/',
        ),
      );
      const schema = z.fromJSONSchema(json);
      for (const example of examples) {
        expect(schema.safeParse(example), name).toMatchObject({ success: true });
        checked.push(name);
      }
    }
    expect(checked.sort()).toEqual([
      'Configuration',
      'Explanation',
      'Health',
      'HealthStatus',
      'Problem',
      'ServiceList',
      'Status',
    ]);
  });

  test('lists exactly the codes of problems that there are', async () => {
    const { components } = await openApi();
    expect(components.schemas.Problem).toHaveProperty('properties.code.enum', Object.keys(PROBLEMS));
  });
});

describe('each answer is what its route declares, with no field more', () => {
  type RouteSchema = { readonly response: Readonly<Record<number, unknown>> };
  const configRoutes: readonly (readonly [path: string, schema: RouteSchema])[] = [
    ['/config/backend', configSchemas.configRouteSchema],
    ['/config/backend?connection=ha', configSchemas.configRouteSchema],
    ['/config/backend?connection=no', configSchemas.configRouteSchema],
    ['/config/backend?network=nowhere', configSchemas.configRouteSchema],
    ['/config/backend?wrong=1', configSchemas.configRouteSchema],
    ['/config/nobody', configSchemas.configRouteSchema],
    ['/config/BAD', configSchemas.configRouteSchema],
    ['/config', configSchemas.configListRouteSchema],
    ['/debug/redis-config', debugSchemas.debugRouteSchema],
    ['/debug/redis-config?history=1', debugSchemas.debugRouteSchema],
    ['/debug/redis-config?service=backend', debugSchemas.debugRouteSchema],
    ['/debug/redis-config?service=nobody', debugSchemas.debugRouteSchema],
    ['/debug/redis-config?wrong=1', debugSchemas.debugRouteSchema],
    ['/health/redis', healthSchemas.healthRouteSchema],
    ['/health/redis/main', healthSchemas.healthDeploymentRouteSchema],
    ['/health/redis/away', healthSchemas.healthDeploymentRouteSchema],
    ['/health/redis/ha', healthSchemas.healthDeploymentRouteSchema],
    ['/health/redis/nope', healthSchemas.healthDeploymentRouteSchema],
    ['/health/redis/BAD', healthSchemas.healthDeploymentRouteSchema],
    ['/health/live', healthSchemas.liveRouteSchema],
    ['/health/ready', healthSchemas.readyRouteSchema],
    ['/schema/catalog.json', debugSchemas.catalogSchemaRouteSchema],
  ];

  function expectDeclared({ status, headers, json }: Answer, { response }: RouteSchema): void {
    const type = headers['content-type']?.split(';')[0] ?? '';
    const declared = response[status] as { content?: Record<string, { schema: z.ZodType }> } | undefined;
    const schema = declared?.content?.[type]?.schema;
    expect(schema, `${status} ${type} is not declared`).toBeDefined();
    const parsed = schema?.safeParse(json);
    expect(parsed?.error?.issues).toBeUndefined();
    expect(parsed?.data).toEqual(json); // unknown fields would be gone
  }

  test.each(configRoutes)('%s', async (path, schema) => {
    expectDeclared(await beacon.ask(path), schema);
    for (const accept of ['application/health+json', 'application/json'])
      expectDeclared(await beacon.ask(path, { headers: { Accept: accept } }), schema);
  });

  test('while an update is refused', async () => {
    await using refused = await startBeacon({ files: { 'catalog.yaml': 'version: 2\n' } });
    for (const [path, schema] of configRoutes) {
      const answer = await refused.ask(path);
      if (answer.status !== 404) expectDeclared(answer, schema);
    }
  });

  test('in production, to everybody, proven or not', async () => {
    await using own = await startRedis();
    await using strict = await startBeacon({
      variables: { ENVIRONMENT: 'production' },
      files: { 'catalog.yaml': strictCatalog(own.port) },
    });
    await using waiting = await startBeacon({
      variables: { ENVIRONMENT: 'production' },
      files: { 'catalog.yaml': strictCatalog(await freePort('127.0.0.1')) },
    });
    for (const [path, schema] of configRoutes) {
      for (const token of [undefined, 'wrong', ...Object.values(TOKENS)]) {
        const asked = token === undefined ? {} : { token };
        for (const each of [strict, waiting]) {
          const answer = await each.ask(path, asked);
          if (answer.status !== 404 || !path.startsWith('/health')) expectDeclared(answer, schema);
        }
      }
    }
  });

  test('304 has no body', async () => {
    const { headers } = await beacon.ask('/config/backend');
    const { status, body } = await beacon.ask('/config/backend', { headers: { 'If-None-Match': headers.etag ?? '' } });
    expect([status, body, 304 in configSchemas.configRouteSchema.response]).toEqual([304, '', true]);
  });
});

describe('/schema/catalog.json', () => {
  const published = async () => (await beacon.ask('/schema/catalog.json')).json;

  test('is the JSON Schema of the catalog', async () => {
    const { headers, json } = await beacon.ask('/schema/catalog.json');
    expect(headers['content-type']).toBe('application/schema+json');
    const { $id, ...rest } = json;
    expect($id).toBe('redis-beacon-catalog');
    expect(rest).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(catalogSchema))));
    expect(rest.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  });

  test('accepts the example, and what it refuses the service refuses, too', async () => {
    const schema = z.fromJSONSchema(await published());
    const example = await readFile(new URL('../../examples/catalog.yaml', import.meta.url), 'utf8');
    const parsed = parseCatalog(example, 'catalog.yaml');
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
    expect(schema.safeParse(parsed.catalog)).toMatchObject({ success: true });
    for (const wrong of [{}, { version: 2 }, { version: 1, servcies: {} }, { version: 1, services: { BAD: {} } }]) {
      expect(schema.safeParse(wrong).success).toBe(false);
      expect(parseCatalog(JSON.stringify(wrong), 'catalog.yaml').ok).toBe(false);
    }
  });
});

describe('/docs', () => {
  test('is a page without script that names every route and shows examples', async () => {
    const { status, headers, body } = await beacon.ask('/docs');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    expect(body).not.toMatch(/<script|https?:\/\//);
    for (const path of Object.keys((await openApi()).paths)) expect(body).toContain(`GET ${path}`);
    expect(body).toContain('&#34;service&#34;: &#34;backend&#34;');
  });

  test.each(['development', 'test'])('is there in %s', async (environment) => {
    await using other = await startBeacon({ variables: { ENVIRONMENT: environment } });
    expect((await other.ask('/docs')).status).toBe(200);
  });

  test.each(['staging', 'production'])('is not there in %s', async (environment) => {
    await using own = await startRedis();
    const variables = { ENVIRONMENT: environment };
    await using other = await startBeacon({ variables, files: { 'catalog.yaml': strictCatalog(own.port) } });
    expect((await other.ask('/docs')).status).toBe(404);
    expect((await other.ask('/openapi.json')).status).toBe(200);
  });
});

test('what was learned of a fault stands in the answer as declared', async () => {
  const fault = await until(async () => {
    const { json } = await beacon.ask('/health/redis/away');
    return json.deployments.away.fault?.steps.length > 0 && json.deployments.away.fault;
  });
  expect(Object.keys(fault).sort()).toEqual(['cause', 'class', 'code', 'fix', 'help', 'since', 'steps', 'title']);
});
