import * as z from 'zod';
import { ENVIRONMENTS } from '../core/environment.ts';
import { faultFields, findingSchema, json, PREFLIGHT_STATUSES, problems } from './schemas.ts';

/** Contracts of what explains: `/debug` and `/schema`. */

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
