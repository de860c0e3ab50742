import * as z from 'zod';
import { TLS_VERSIONS, TOPOLOGIES, WORKLOADS } from '../core/catalog-schema.ts';
import { ENVIRONMENTS } from '../core/environment.ts';
import { LAYERS } from '../core/origin.ts';
import { PROBLEM_TYPE, PROBLEMS } from './problems.ts';

/** Contracts of the routes. They describe and document; answers are prepared or streamed, not serialised by them. */

const PREFLIGHT_STATUSES = ['proven', 'pending', 'failed', 'waived', 'not-applicable'] as const;

const node = z
  .union([z.object({ host: z.string(), port: z.int() }), z.object({ path: z.string() })])
  .meta({ id: 'Node' });

const connection = z
  .object({
    deployment: z.string(),
    topology: z.enum(TOPOLOGIES),
    fingerprint: z
      .string()
      .meta({ description: 'Equal for all connections on the same server: compare yours with your sibling’s.' }),
    url: z.string().nullable().meta({ description: 'Null where a URL cannot express the connection.' }),
    host: z.string().nullable(),
    port: z.int().nullable(),
    path: z.string().nullable().meta({ description: 'Unix socket.' }),
    nodes: z.array(node),
    sentinel: z
      .object({
        master: z.string(),
        nodes: z.array(node),
        username: z.string().nullable(),
        password: z.string().nullable(),
        tls: z.boolean(),
      })
      .nullable(),
    natMap: z
      .record(z.string(), z.string())
      .nullable()
      .meta({ description: 'Announced host:port to reachable host:port.' }),
    db: z.int(),
    username: z.string().nullable(),
    password: z.string().nullable(),
    tls: z
      .object({
        ca: z.string().nullable(),
        cert: z.string().nullable(),
        key: z.string().nullable(),
        servername: z.string().nullable(),
        rejectUnauthorized: z.boolean(),
        minVersion: z.enum(TLS_VERSIONS),
      })
      .nullable(),
    clientName: z.string(),
    keyPrefix: z.string(),
    workload: z.enum(WORKLOADS).nullable(),
    pool: z.object({ min: z.int(), max: z.int(), idleTimeoutMs: z.int(), acquireTimeoutMs: z.int() }),
    timeouts: z.object({ connectMs: z.int(), commandMs: z.int(), keepAliveMs: z.int() }),
    retry: z.object({ maxAttempts: z.int(), baseMs: z.int(), capMs: z.int() }),
    healthCheckIntervalMs: z.int(),
  })
  .meta({ id: 'ServedConnection' });

const CONFIGURATION_EXAMPLE = {
  service: 'backend',
  environment: 'development',
  network: 'host',
  revision: 3,
  connections: {
    cache: {
      deployment: 'main',
      topology: 'standalone',
      fingerprint: '3921f891ea5380c57ae5ce5d0423bf66',
      url: 'redis://default:pa%40ss@localhost:6380/0',
      host: 'localhost',
      port: 6380,
      path: null,
      nodes: [{ host: 'localhost', port: 6380 }],
      sentinel: null,
      natMap: null,
      db: 0,
      username: 'default',
      password: 'pa@ss',
      tls: null,
      clientName: 'backend:cache',
      keyPrefix: '',
      workload: 'cache',
      pool: { min: 1, max: 10, idleTimeoutMs: 30_000, acquireTimeoutMs: 2000 },
      timeouts: { connectMs: 5000, commandMs: 2000, keepAliveMs: 30_000 },
      retry: { maxAttempts: 5, baseMs: 100, capMs: 2000 },
      healthCheckIntervalMs: 30_000,
    },
  },
  preflight: { status: 'proven', at: '2026-11-21T10:00:00.000Z' },
} as const;

export const configurationSchema = z
  .object({
    service: z.string(),
    environment: z.enum(ENVIRONMENTS),
    network: z.string(),
    revision: z.int(),
    connections: z.record(z.string(), connection),
    preflight: z.object({
      status: z.enum(PREFLIGHT_STATUSES),
      at: z.string().nullable(),
    }),
  })
  .meta({ id: 'Configuration', examples: [CONFIGURATION_EXAMPLE] });

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [keyof typeof PROBLEMS]),
    detail: z.string(),
    fix: z.string(),
    nearest: z.array(z.string()).optional(),
    reasons: z.array(z.unknown()).optional(),
    requestId: z.string(),
  })
  .meta({
    id: 'Problem',
    examples: [
      {
        type: 'urn:redis-beacon:problem:service-unknown',
        title: 'No such service',
        status: 404,
        code: 'SERVICE_UNKNOWN',
        detail: 'No such service',
        fix: 'Add it to the catalog under `services`, or correct the name.',
        nearest: ['backend'],
        requestId: 'Zk3J9aQx-1f',
      },
    ],
  });

/** The answers with these statuses: problem details. */
export function problems(...statuses: readonly number[]): Record<number, unknown> {
  const response = { description: 'Problem details (RFC 9457).', content: { [PROBLEM_TYPE]: { schema: problem } } };
  return Object.fromEntries(statuses.map((status) => [status, response]));
}

/** A JSON answer. */
export function json(description: string, schema: z.ZodType, type = 'application/json'): unknown {
  return { description, content: { [type]: { schema } } };
}

export const configRouteSchema = {
  summary: 'The resolved configuration of a service, ready to use',
  tags: ['configuration'],
  security: [{ bearer: [] }, {}],
  params: z.object({ service: z.string().meta({ description: 'Name of the service.' }) }),
  querystring: z.object({
    connection: z.string().optional().meta({ description: 'Only this connection.' }),
    network: z
      .string()
      .optional()
      .meta({ description: 'The network in which the consumer runs; default: that of redis-beacon.' }),
  }),
  response: {
    200: json('The configuration; with a strong ETag.', configurationSchema),
    304: z.string().max(0).meta({ description: 'Not modified: If-None-Match names the current ETag.' }),
    ...problems(400, 401, 403, 404, 503),
  },
};

const serviceListSchema = z
  .object({
    environment: z.enum(ENVIRONMENTS),
    revision: z.int(),
    anyName: z.boolean().meta({ description: 'True where every valid name is a service.' }),
    networks: z.array(z.string()),
    services: z.array(
      z.object({
        name: z.string(),
        connections: z.array(
          z.object({ name: z.string(), deployment: z.string(), db: z.int(), workload: z.string().nullable() }),
        ),
      }),
    ),
  })
  .meta({
    id: 'ServiceList',
    examples: [
      {
        environment: 'development',
        revision: 3,
        anyName: false,
        networks: ['container', 'host'],
        services: [{ name: 'backend', connections: [{ name: 'cache', deployment: 'main', db: 0, workload: 'cache' }] }],
      },
    ],
  });

export const configListRouteSchema = {
  summary: 'The services that the caller may read, without secrets',
  tags: ['configuration'],
  security: [{ bearer: [] }, {}],
  response: { 200: json('Services.', serviceListSchema), ...problems(401, 503) },
};

const origin = z
  .object({
    layer: z.enum(LAYERS),
    variable: z.string().optional(),
    file: z.string().optional(),
    line: z.int().optional(),
    column: z.int().optional(),
  })
  .nullable()
  .meta({ id: 'Origin' });

export const findingSchema = z
  .object({
    code: z.string(),
    severity: z.enum(['error', 'warning', 'info']),
    path: z.string(),
    origin,
    message: z.string(),
    fix: z.string(),
  })
  .meta({ id: 'Finding' });

/** Why Redis cannot be used, and what to do. */
export const faultFields = {
  code: z.string(),
  class: z.enum(['configuration', 'environment', 'warning']),
  title: z.string(),
  cause: z.string(),
  fix: z.string(),
  help: z.string(),
  steps: z.array(z.unknown()).meta({ description: 'What was tried to find out, in order.' }),
};

const preflightOutcome = z
  .object({
    status: z.enum(PREFLIGHT_STATUSES),
    at: z.string().nullable(),
    fault: z.object(faultFields).nullable(),
    warnings: z.array(z.object(faultFields)),
  })
  .meta({ id: 'Preflight' });

const change = z.object({ path: z.string(), from: z.unknown(), to: z.unknown() });

const historyEntry = z
  .object({
    revision: z.int(),
    activatedAt: z.string(),
    cause: z.enum(['start', 'change', 'preflight']),
    changes: z.array(change).meta({ description: 'The first 100; a secret shows only that it changed.' }),
    changesTotal: z.int(),
  })
  .meta({ id: 'HistoryEntry' });

const EXPLANATION_EXAMPLE = {
  environment: { name: 'development', detectedFrom: 'ENVIRONMENT' },
  network: { name: 'host', detectedFrom: 'no container' },
  catalog: {
    source: 'catalog.yaml',
    revision: 3,
    activatedAt: '2026-11-21T10:00:00.000Z',
    refused: null,
    waiting: null,
  },
  preflight: { main: { status: 'proven', at: '2026-11-21T10:00:00.000Z', fault: null, warnings: [] } },
  deployments: {
    main: {
      auth: {
        password: {
          value: { secret: true, set: true },
          origin: { layer: 'catalog-base', file: 'catalog.yaml', line: 9, column: 42 },
          shadowed: [],
        },
      },
    },
  },
  services: {},
  findings: [],
  secrets: [
    {
      reference: 'env:REDIS_PASSWORD',
      usedBy: ['deployments.main.auth.password'],
      readAt: '2026-11-21T10:00:00.000Z',
      problem: null,
    },
  ],
  variables: [{ layer: 'process', names: ['REDIS_PASSWORD'] }],
};

const explanationSchema = z
  .object({
    environment: z.object({ name: z.enum(ENVIRONMENTS), detectedFrom: z.string() }),
    network: z.object({ name: z.string(), detectedFrom: z.string() }),
    catalog: z.object({
      source: z.string().nullable(),
      revision: z.int().nullable(),
      activatedAt: z.string().nullable(),
      refused: z.object({ at: z.string(), reasons: z.array(findingSchema) }).nullable(),
      waiting: z
        .object({ since: z.string(), faults: z.array(z.looseObject({ deployment: z.string(), ...faultFields })) })
        .nullable(),
    }),
    preflight: z.record(z.string(), preflightOutcome),
    deployments: z.record(z.string(), z.unknown()).meta({ description: 'Each leaf is { value, origin, shadowed }.' }),
    services: z.record(z.string(), z.unknown()),
    findings: z.array(findingSchema),
    secrets: z.array(
      z.object({
        reference: z.string(),
        usedBy: z.array(z.string()),
        readAt: z.string().nullable(),
        problem: z.string().nullable().meta({ description: 'Why it cannot be read.' }),
      }),
    ),
    variables: z.array(z.object({ layer: z.string(), names: z.array(z.string()) })),
    history: z.array(historyEntry).optional(),
  })
  .meta({ id: 'Explanation', examples: [EXPLANATION_EXAMPLE] });

export const debugRouteSchema = {
  summary: 'What is configured and why, without secrets',
  tags: ['explanation'],
  security: [{ bearer: [] }, {}],
  querystring: z.object({
    service: z.string().optional().meta({ description: 'Only this service and its deployments.' }),
    history: z.literal('1').optional().meta({ description: 'The last 20 revisions and what changed.' }),
  }),
  response: {
    200: {
      description: 'JSON, or a readable text.',
      content: { 'application/json': { schema: explanationSchema }, 'text/plain': { schema: z.string() } },
    },
    ...problems(400, 401, 403, 404),
  },
};

export const catalogSchemaRouteSchema = {
  summary: 'JSON Schema of the catalog',
  tags: ['reference'],
  response: { 200: json('JSON Schema 2020-12.', z.looseObject({}), 'application/schema+json') },
};
