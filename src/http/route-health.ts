import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isStrict } from '../core/environment.ts';
import { isName } from '../core/names.ts';
import { nearest } from '../core/nearest.ts';
import type { HealthReport } from '../health/report.ts';
import { identifyConnection } from './access.ts';
import { accessInForce, type RouteDependencies } from './dependencies.ts';
import { COMMON_HEADERS } from './headers.ts';
import type { Refuse } from './problems.ts';
import { healthDeploymentRouteSchema, healthRouteSchema, liveRouteSchema, readyRouteSchema } from './schemas-health.ts';

/** `GET /health/redis` and `/health/redis/:deployment`: the bytes are shared by all who wait for the same PING. */
export function routeHealth(app: FastifyInstance, dependencies: RouteDependencies, refuse: Refuse): void {
  const reportToAll = share(() => dependencies.health.report());

  // no async function: for the many who share an answer, its promises would cost more than the answer
  app.get('/health/redis', { schema: healthRouteSchema }, (request, reply) => {
    const details = mayHaveDetails(request, dependencies);
    if (details === null) return refuse(reply, 'UNAUTHENTICATED');
    const answer = (report: HealthReport | null): FastifyReply =>
      report === null ? refuse(reply, 'NO_REVISION') : write(request, reply, report, details);
    reportToAll()
      .then(answer)
      .catch((bug: unknown) => reply.send(bug));
    return undefined;
  });

  app.get<{ Params: { deployment: string } }>(
    '/health/redis/:deployment',
    { schema: healthDeploymentRouteSchema },
    async (request, reply) => {
      const { deployment } = request.params;
      if (!isName(deployment)) return refuse(reply, 'NAME_INVALID');
      const details = mayHaveDetails(request, dependencies);
      if (details === null) return refuse(reply, 'UNAUTHENTICATED');
      const report = await dependencies.health.report(deployment);
      if (report !== null) return write(request, reply, report, details);
      const known = dependencies.activation.active?.deployments.keys() ?? [];
      return refuse(reply, 'DEPLOYMENT_UNKNOWN', { nearest: details ? nearest(deployment, known) : [] });
    },
  );
}

/** Between the starts of two answers: where hardly anybody asks at the same moment, PINGs need not follow at once. */
const GAP_MS = 0.5;

/**
 * Everybody who asks in the same turn of the event loop, or the next one, gets the same answer, whose work begins only
 * then. Who was just answered and asks again shares a PING with those who wait: the more callers, the fewer PINGs each.
 */
function share<T>(work: () => Promise<T>): () => Promise<T> {
  let shared: Promise<T> | null = null;
  let startedMs = Number.NEGATIVE_INFINITY;
  async function gather(): Promise<T> {
    await nextTurn();
    await nextTurn();
    if (performance.now() - startedMs < GAP_MS) await pause(1);
    startedMs = performance.now();
    shared = null;
    return work();
  }
  return () => {
    shared ??= gather();
    return shared;
  };
}

/** Details for everybody in development and test, for operators elsewhere; null: a token that is not valid. */
function mayHaveDetails(request: FastifyRequest, dependencies: RouteDependencies): boolean | null {
  const access = accessInForce(dependencies);
  const open = !isStrict(dependencies.environment.name);
  if (access === null) return open;
  const identity = identifyConnection(request.raw.socket, access, request.headers.authorization, true);
  if (identity.kind === 'refused') return null;
  return open || (identity.kind === 'caller' && identity.caller.operator);
}

function write(request: FastifyRequest, reply: FastifyReply, report: HealthReport, details: boolean): FastifyReply {
  reply.hijack();
  const text = textOf(details ? report.body : report.bodyStatusOnly);
  const wanted = request.headers.accept?.includes('application/health+json');
  const type = wanted === true ? 'application/health+json' : 'application/json; charset=utf-8';
  const own = ['content-type', type, 'content-length', String(text.length), 'x-request-id', request.id];
  reply.raw.writeHead(report.statusCode, [...COMMON_HEADERS, ...own]);
  reply.raw.end(text, 'latin1');
  return reply;
}

const texts = new WeakMap<Buffer, string>();

/** A character for each byte: a socket writes a string faster, and many write the same. */
function textOf(body: Buffer): string {
  const text = texts.get(body) ?? body.toString('latin1');
  texts.set(body, text);
  return text;
}

/** `GET /health/live` and `/health/ready`: for orchestrators; neither touches Redis. */
export function routeLiveness(app: FastifyInstance, dependencies: RouteDependencies): void {
  app.get('/health/live', { schema: liveRouteSchema }, (_request, reply) => reply.send({ status: 'pass' }));
  app.get('/health/ready', { schema: readyRouteSchema }, (_request, reply) => {
    const reason = unreadiness(dependencies);
    return reason === null ? reply.send({ status: 'pass' }) : reply.code(503).send({ status: 'fail', reason });
  });
}

function unreadiness({ activation, isDraining }: RouteDependencies): string | null {
  if (isDraining()) return 'draining';
  if (activation.active !== null) return null;
  return activation.waiting === null ? 'no configuration is active' : 'the configuration is not proven yet';
}
