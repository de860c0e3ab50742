import * as z from 'zod';
import { ENVIRONMENTS } from '../core/environment.ts';
import { faultFields, findingSchema, json, problems } from './schemas.ts';

/** Contracts of `/health` and `/metrics`. They describe; the answers are rendered by hand. */

const status = z.enum(['pass', 'warn', 'fail']);
const ability = status.nullable().meta({ description: 'Null: cannot be known; the findings say why.' });
const milliseconds = z.number().nullable();
const count = z.int().nullable();

const ping = z.object({
  latencyMs: milliseconds,
  sentAt: z.string().nullable(),
  eventLoopDelayMs: milliseconds.meta({ description: 'How long this service itself was busy; part of latencyMs.' }),
});

const window = z.object({
  seconds: z.int(),
  probes: z.int(),
  successRate: z.number().nullable(),
  latencyMs: z.object({ p50: milliseconds, p95: milliseconds, p99: milliseconds }),
  lastFailure: z.object({ at: z.string(), code: z.string() }).nullable(),
});

const pool = z.object({
  mode: z.literal('pool'),
  max: z.int(),
  open: z.int(),
  idle: z.int(),
  inUse: z.int(),
  pending: z.int(),
  utilization: z.number(),
  acquireWaitMs: z.object({ p50: milliseconds, p99: milliseconds }),
  created: z.int(),
  destroyed: z.int(),
  reconnects: z.int(),
  oldestInFlightMs: z.number(),
});

const server = z.object({
  version: z.string().nullable(),
  role: z.enum(['master', 'replica']).nullable(),
  connectedClients: count,
  maxClients: count,
  usedMemoryBytes: count,
  maxMemoryBytes: count.meta({ description: '0: no limit.' }),
  maxMemoryPolicy: z.string().nullable(),
  evictedKeys: count,
  hitRate: z.number().nullable(),
  replicationLagSeconds: z.number().nullable(),
  observedAt: z.string().nullable(),
  reason: z.string().nullable().meta({ description: 'Why something is null, with what to do.' }),
});

const tls = z.object({
  protocol: z.string().nullable(),
  validTo: z.string().nullable(),
  daysLeft: z.int().nullable(),
});

const watched = z.object({
  status,
  reachable: ability,
  readable: ability,
  writable: ability,
  ping,
  fault: z.object({ ...faultFields, since: z.string() }).nullable(),
  window,
  pool,
  server,
  tls: tls.nullable(),
  findings: z.array(findingSchema),
});

const unwatched = watched.pick({ status: true, reachable: true, readable: true, writable: true, findings: true });

const catalog = z
  .object({
    status,
    refusedAt: z.string().nullable(),
    findings: z.array(z.object({ code: z.string(), path: z.string(), message: z.string(), fix: z.string() })),
  })
  .meta({ description: 'Why what is declared is not what is active.' });

const HEALTH_EXAMPLE = {
  status: 'pass',
  environment: 'development',
  revision: 3,
  catalog: null,
  time: '2026-11-21T10:00:00.000Z',
  deployments: {
    main: {
      status: 'pass',
      reachable: 'pass',
      readable: 'pass',
      writable: 'pass',
      ping: { latencyMs: 0.21, sentAt: '2026-11-21T10:00:00.000Z', eventLoopDelayMs: 0.05 },
      fault: null,
      window: {
        seconds: 300,
        probes: 300,
        successRate: 1,
        latencyMs: { p50: 0.2, p95: 0.4, p99: 0.9 },
        lastFailure: null,
      },
      pool: {
        mode: 'pool',
        max: 4,
        open: 2,
        idle: 1,
        inUse: 1,
        pending: 0,
        utilization: 0.25,
        acquireWaitMs: { p50: 0, p99: 0.1 },
        created: 2,
        destroyed: 0,
        reconnects: 0,
        oldestInFlightMs: 0,
      },
      server: {
        version: '7.0.15',
        role: 'master',
        connectedClients: 9,
        maxClients: 10_000,
        usedMemoryBytes: 1_048_576,
        maxMemoryBytes: 0,
        maxMemoryPolicy: 'noeviction',
        evictedKeys: 0,
        hitRate: 0.97,
        replicationLagSeconds: null,
        observedAt: '2026-11-21T09:59:55.000Z',
        reason: null,
      },
      tls: null,
      findings: [],
    },
  },
} as const;

const details = z
  .object({
    status,
    environment: z.enum(ENVIRONMENTS),
    revision: z.int().nullable(),
    catalog: catalog.nullable(),
    time: z.string(),
    deployments: z.record(z.string(), z.union([watched, unwatched])),
  })
  .meta({ id: 'Health', examples: [HEALTH_EXAMPLE] });

const statusOnly = z.object({ status, time: z.string() }).meta({
  id: 'HealthStatus',
  description: 'What callers see in staging and production who are no operators.',
  examples: [{ status: 'pass', time: '2026-11-21T10:00:00.000Z' }],
});

const health = z.union([details, statusOnly]);

function healthAnswer(description: string): unknown {
  return {
    description,
    content: { 'application/json': { schema: health }, 'application/health+json': { schema: health } },
  };
}

const healthResponses = { 200: healthAnswer('pass or warn'), 503: healthAnswer('fail') };

export const healthRouteSchema = {
  summary: 'Live verdict: every answer rests on a PING sent after the request arrived',
  tags: ['health'],
  security: [{ bearer: [] }, {}],
  response: { ...healthResponses, ...problems(401) },
};

export const healthDeploymentRouteSchema = {
  ...healthRouteSchema,
  summary: 'The same for one deployment',
  params: z.object({ deployment: z.string() }),
  response: { ...healthResponses, ...problems(400, 401, 404) },
};

const statusSchema = z
  .object({ status: z.enum(['pass', 'fail']), reason: z.string().optional() })
  .meta({ id: 'Status', examples: [{ status: 'pass' }] });

export const liveRouteSchema = {
  summary: '200 while the process works; never touches Redis',
  tags: ['health'],
  response: { 200: json('Alive.', statusSchema) },
};

export const readyRouteSchema = {
  summary: '200 when there is an active revision and no drain',
  tags: ['health'],
  response: { 200: json('Ready.', statusSchema), 503: json('Not ready.', statusSchema) },
};

export const metricsRouteSchema = {
  summary: 'Prometheus metrics; a scrape never waits for Redis',
  tags: ['health'],
  response: { 200: { description: 'Prometheus text.', content: { 'text/plain': { schema: z.string() } } } },
};
