import * as z from 'zod';
import { TLS_VERSIONS, TOPOLOGIES, WORKLOADS } from '../core/catalog-schema.ts';
import { ENVIRONMENTS } from '../core/environment.ts';
import { json, PREFLIGHT_STATUSES, problems } from './schemas.ts';

/** Contracts of `/config`. */

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
