import type { FastifyReply } from 'fastify';

/** Every problem that this service answers with; also the table of the reference. */
export const PROBLEMS = {
  BAD_REQUEST: [400, 'The request cannot be read', 'Send a well-formed HTTP/1.1 request.'],
  HEADER_DUPLICATE: [400, 'A header stands twice', 'Send Host and Authorization once.'],
  QUERY_INVALID: [400, 'The query is not valid', 'See /openapi.json for the parameters of this route.'],
  NAME_INVALID: [400, 'The name is not valid', 'Use lower-case letters, digits and hyphens, at most 63.'],
  NETWORK_UNKNOWN: [400, 'No such network', 'Use one of the networks that the catalog names.'],
  NETWORK_UNREACHABLE: [
    400,
    'Not reachable from this network',
    'Declare an address for this network, or ask for another one.',
  ],
  UNAUTHENTICATED: [
    401,
    'Who are you?',
    'Send Authorization: Bearer TOKEN, with a token whose SHA-256 stands under access.callers.',
  ],
  FORBIDDEN: [
    403,
    'Not for you',
    'Ask for the right in access.callers: `services`, or `operator: true` for debug and details.',
  ],
  ROUTE_UNKNOWN: [404, 'No such route', 'GET /openapi.json lists the routes.'],
  SERVICE_UNKNOWN: [404, 'No such service', 'Add it to the catalog under `services`, or correct the name.'],
  CONNECTION_UNKNOWN: [404, 'The service has no such connection', 'Add it to the catalog, or correct the name.'],
  DEPLOYMENT_UNKNOWN: [404, 'No such deployment', 'GET /health/redis lists the deployments.'],
  REQUEST_TIMEOUT: [408, 'The request took too long', 'Send the whole request within 10 seconds.'],
  EXPECTATION_FAILED: [417, 'The expectation cannot be met', 'Send no Expect header, or 100-continue.'],
  HOST_REFUSED: [
    421,
    'Not the host of this service',
    'In development this listener answers to localhost, 127.0.0.1 and [::1] only.',
  ],
  HEADERS_TOO_LARGE: [431, 'The headers are too large', 'Keep all headers together below 8 KiB.'],
  INTERNAL: [500, 'A bug in redis-beacon', 'Look for the request id in the log.'],
  NO_REVISION: [503, 'No configuration is active', 'The log and GET /debug/redis-config say what was refused and why.'],
  NOT_PROVEN: [503, 'The configuration is not proven yet', 'Wait and retry; the cause is below.'],
} as const satisfies Record<string, readonly [status: number, title: string, fix: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemDetails {
  readonly detail?: string;
  readonly fix?: string;
  /** Names that look like the one asked for. */
  readonly nearest?: readonly string[];
  readonly reasons?: readonly unknown[];
}

export interface RenderedProblem {
  readonly status: number;
  readonly body: string;
}

export const PROBLEM_TYPE = 'application/problem+json';

/** Problem details as in RFC 9457. Nothing of the request is repeated. */
export function renderProblem(code: ProblemCode, requestId: string, details: ProblemDetails = {}): RenderedProblem {
  const [status, title, fix] = PROBLEMS[code];
  const type = `urn:redis-beacon:problem:${code.toLowerCase().replaceAll('_', '-')}`;
  return { status, body: JSON.stringify({ type, title, status, code, detail: title, fix, ...details, requestId }) };
}

const RETRY_AFTER_SECONDS: Partial<Record<ProblemCode, string>> = { NO_REVISION: '5', NOT_PROVEN: '1' };

/** The headers that a problem needs beside those of every answer. */
export function problemHeaders(code: ProblemCode): Record<string, string> {
  const retryAfter = RETRY_AFTER_SECONDS[code];
  return {
    'content-type': PROBLEM_TYPE,
    ...(code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer realm="redis-beacon"' } : {}),
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  };
}

export function sendProblem(reply: FastifyReply, code: ProblemCode, details?: ProblemDetails): FastifyReply {
  const { status, body } = renderProblem(code, reply.request.id, details);
  return reply.code(status).headers(problemHeaders(code)).serializer(String).send(body);
}

/** Refuses a request: logs it and sends the problem. */
export type Refuse = (reply: FastifyReply, code: ProblemCode, details?: ProblemDetails) => FastifyReply;
