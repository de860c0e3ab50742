import * as z from 'zod';
import { LAYERS } from '../core/origin.ts';
import { PROBLEM_TYPE, PROBLEMS } from './problems.ts';

/** What the contracts of several routes share. They describe and document; answers are prepared or streamed. */

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

export const PREFLIGHT_STATUSES = ['proven', 'pending', 'failed', 'waived', 'not-applicable'] as const;
