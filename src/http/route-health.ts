import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isStrict } from '../core/environment.ts';
import { isName } from '../core/names.ts';
import { nearest } from '../core/nearest.ts';
import type { HealthReport } from '../health/report.ts';
import { identify } from './access.ts';
import { accessInForce, type RouteDependencies } from './dependencies.ts';
import { COMMON_HEADERS } from './headers.ts';
import type { Refuse } from './problems.ts';
import { healthDeploymentRouteSchema, healthRouteSchema, liveRouteSchema, readyRouteSchema } from './schemas-health.ts';

/** `GET /health/redis` and `/health/redis/:deployment`: the bytes are shared by all who wait for the same PING. */
export function routeHealth(app: FastifyInstance, dependencies: RouteDependencies, refuse: Refuse): void {
  app.get('/health/redis', { schema: healthRouteSchema }, async (request, reply) => {
    const details = mayHaveDetails(request, dependencies);
    if (details === null) return refuse(reply, 'UNAUTHENTICATED');
    const report = await dependencies.health.report();
    return report === null ? refuse(reply, 'NO_REVISION') : write(request, reply, report, details);
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

/** Details for everybody in development and test, for operators elsewhere; null: a token that is not valid. */
function mayHaveDetails(request: FastifyRequest, dependencies: RouteDependencies): boolean | null {
  const access = accessInForce(dependencies);
  const open = !isStrict(dependencies.environment.name);
  if (access === null) return open;
  const identity = identify(access, request.headers.authorization, true);
  if (identity.kind === 'refused') return null;
  return open || (identity.kind === 'caller' && identity.caller.operator);
}

function write(request: FastifyRequest, reply: FastifyReply, report: HealthReport, details: boolean): FastifyReply {
  reply.hijack();
  const body = details ? report.body : report.bodyStatusOnly;
  const wanted = request.headers.accept?.includes('application/health+json');
  const type = wanted === true ? 'application/health+json' : 'application/json; charset=utf-8';
  const own = ['content-type', type, 'content-length', String(body.length), 'x-request-id', request.id];
  reply.raw.writeHead(report.statusCode, [...COMMON_HEADERS, ...own]);
  reply.raw.end(body);
  return reply;
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
