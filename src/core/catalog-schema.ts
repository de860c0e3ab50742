import * as z from 'zod';
import { ENVIRONMENTS } from './environment.ts';
import { NAME_PATTERN } from './names.ts';

const name = z.string().regex(NAME_PATTERN).meta({ description: 'A DNS label: lower-case letters, digits, hyphens.' });
const milliseconds = z.int().min(0).max(86_400_000);
const positiveMs = z.int().min(1).max(86_400_000);
const fraction = z.number().min(0).max(1);
const reason = z.string().trim().min(1).max(500);

/** A reference to a secret; it is read by a provider and never stands in the catalog itself. */
export const secretReferenceSchema = z
  .union([
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
        .meta({ description: 'Name of a variable.' }),
    }),
    z.strictObject({
      file: z
        .string()
        .min(1)
        .max(4096)
        .meta({ description: 'Path of a regular file; one trailing newline is stripped.' }),
    }),
  ])
  .meta({ id: 'SecretReference', description: '{ env: NAME } or { file: PATH }.' });

/** A lone surrogate cannot be encoded for a URL or for Redis. */
const wellFormed = z.string().refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

const secret = z
  .union([secretReferenceSchema, wellFormed])
  .meta({ description: 'A reference; a literal is accepted in development and test only, with a finding.' });

export const poolSchema = z
  .strictObject({
    min: z.int().min(0).max(10_000).optional(),
    max: z.int().min(1).max(10_000).optional(),
    idleTimeoutMs: milliseconds.optional(),
    acquireTimeoutMs: positiveMs.optional(),
  })
  .meta({ id: 'Pool' });

export const timeoutsSchema = z
  .strictObject({
    connectMs: positiveMs.optional(),
    commandMs: positiveMs.optional(),
    keepAliveMs: milliseconds.optional(),
  })
  .meta({ id: 'Timeouts' });

export const retrySchema = z
  .strictObject({
    maxAttempts: z.int().min(0).max(1000).optional(),
    baseMs: positiveMs.optional(),
    capMs: positiveMs.optional(),
  })
  .meta({ id: 'Retry' });

export const thresholdsSchema = z
  .strictObject({
    successRateMin: fraction.optional(),
    pingP95MsMax: z.number().positive().optional(),
    poolUtilizationMax: fraction.optional(),
    hitRateMin: fraction.optional(),
    memoryUtilizationMax: fraction.optional(),
    clientsUtilizationMax: fraction.optional(),
    certificateDaysMin: z.number().min(0).optional(),
  })
  .meta({ id: 'Thresholds', description: 'Limits whose violation makes a warn.' });

const authSchema = z.strictObject({ username: wellFormed.min(1).max(256).optional(), password: secret.optional() });

export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

const tlsSchema = z
  .strictObject({
    enabled: z.boolean().optional(),
    ca: secret.optional().meta({ description: 'PEM of the CA that signed the server certificate.' }),
    cert: secret.optional().meta({ description: 'PEM of the client certificate.' }),
    key: secret.optional().meta({ description: 'PEM of the client key.' }),
    servername: z.string().min(1).max(253).optional(),
    rejectUnauthorized: z.boolean().optional(),
    minVersion: z.enum(TLS_VERSIONS).optional(),
  })
  .meta({ id: 'Tls' });

const addresses = z
  .record(name, z.string().min(1).max(512))
  .meta({ description: 'Network to host:port, [v6]:port or unix:/path; the network `any` serves every consumer.' });

const nodeList = z.array(z.string().min(1).max(512)).min(1).max(1000);
const nodes = z
  .union([nodeList, z.record(name, nodeList)])
  .meta({ description: 'host:port of each node, or one such list per network.' });

const natMap = z
  .record(name, z.record(z.string().max(512), z.string().max(512)))
  .meta({ description: 'Per network: announced host:port to reachable host:port.' });

const sentinelSchema = z.strictObject({
  master: z.string().min(1).max(256).optional(),
  nodes: nodes.optional(),
  auth: authSchema.optional(),
  tls: z.boolean().optional().meta({ description: 'TLS towards the sentinels themselves.' }),
});

export const WAIVABLE = ['tls', 'preflight', 'localhost'] as const;

const waive = z
  .partialRecord(z.enum(WAIVABLE), reason)
  .meta({ description: 'A demand of the environment that this deployment does not meet, and why.' });

export const TOPOLOGIES = ['standalone', 'sentinel', 'cluster'] as const;

export const deploymentSchema = z
  .strictObject({
    topology: z.enum(TOPOLOGIES).optional(),
    addresses: addresses.optional(),
    nodes: nodes.optional(),
    natMap: natMap.optional(),
    sentinel: sentinelSchema.optional(),
    auth: authSchema.optional(),
    tls: tlsSchema.optional(),
    databases: z.int().min(1).max(16_384).optional().meta({ description: 'Databases of the server; 16 unless said.' }),
    thresholds: thresholdsSchema.optional(),
    waive: waive.optional(),
  })
  .meta({ id: 'Deployment' });

export const WORKLOADS = ['cache', 'session', 'queue', 'lock', 'pubsub', 'ratelimit'] as const;

export const connectionSchema = z
  .strictObject({
    deployment: name.optional(),
    db: z.int().min(0).max(16_383).optional(),
    keyPrefix: z.string().max(256).optional(),
    workload: z.enum(WORKLOADS).optional(),
    pool: poolSchema.optional(),
    timeouts: timeoutsSchema.optional(),
    retry: retrySchema.optional(),
    healthCheckIntervalMs: positiveMs.optional(),
  })
  .meta({ id: 'Connection' });

export const serviceSchema = z
  .strictObject({ connections: z.record(name, connectionSchema.nullable()).optional() })
  .nullable()
  .meta({ id: 'Service', description: 'Without connections: one, `default`, on the only deployment.' });

const defaultsSchema = z
  .strictObject({
    pool: poolSchema.optional(),
    timeouts: timeoutsSchema.optional(),
    retry: retrySchema.optional(),
    thresholds: thresholdsSchema.optional(),
    healthCheckIntervalMs: positiveMs.optional(),
  })
  .meta({ id: 'Defaults', description: 'For every connection, unless it says otherwise.' });

const callerSchema = z
  .strictObject({
    tokenSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .meta({ description: 'SHA-256 of the token, in lower-case hexadecimal.' }),
    services: z.array(z.union([name, z.literal('*')])).max(10_000),
    operator: z.boolean().optional().meta({ description: 'May read debug, details and diagnosis.' }),
  })
  .meta({ id: 'Caller' });

const accessSchema = z
  .strictObject({ callers: z.record(name, callerSchema).optional(), waive: reason.optional() })
  .meta({ id: 'Access' });

const overlayFields = {
  defaults: defaultsSchema.optional(),
  deployments: z.record(name, deploymentSchema).optional(),
  services: z.record(name, serviceSchema).optional(),
  access: accessSchema.optional(),
};

/** The catalog: single source of its types, its validation and its published JSON Schema. */
export const catalogSchema = z
  .strictObject({
    version: z.literal(1),
    allowRemoval: z.boolean().optional().meta({
      description: 'Lets a reload drop more than half of the services, or all deployments.',
    }),
    ...overlayFields,
    environments: z
      .partialRecord(z.enum(ENVIRONMENTS), z.strictObject(overlayFields).nullable())
      .optional()
      .meta({ description: 'Overlays, merged over the base.' }),
  })
  .meta({ title: 'redis-beacon catalog' });

export type Catalog = z.infer<typeof catalogSchema>;
export type SecretReference = z.infer<typeof secretReferenceSchema>;
export type Topology = (typeof TOPOLOGIES)[number];
export type Workload = (typeof WORKLOADS)[number];
export type Waivable = (typeof WAIVABLE)[number];
