import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Logger } from 'pino';
import type { RouteDependencies } from './http/dependencies.ts';
import { COMMON_HEADER_MAP } from './http/headers.ts';
import { PROBLEMS, type ProblemCode, type Refuse, sendProblem } from './http/problems.ts';
import { createRequestIds } from './http/request-id.ts';
import { routeConfig, shortcutConfig } from './http/route-config.ts';
import { routeConfigList } from './http/route-config-list.ts';
import { routeDebug } from './http/route-debug.ts';
import { routeHealth, routeLiveness } from './http/route-health.ts';
import { routeMetrics } from './http/route-metrics.ts';
import { routeReference } from './http/route-reference.ts';
import { createHardenedServer } from './http/server.ts';

export interface AppOptions {
  readonly dependencies: RouteDependencies;
  /** Gets lines of our own only: Fastify's hold messages of errors, and those hold what clients sent. */
  readonly logger: Logger;
  /** A loopback listener in development answers to loopback host names only. */
  readonly loopbackHostsOnly: boolean;
  /** Serve the readable documentation at `/docs`. */
  readonly docs: boolean;
}

/** The HTTP face: routes and what is the same for all of them. It does not listen yet. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { logger } = options;
  const nextRequestId = createRequestIds();
  const onRefusal = (code: ProblemCode, requestId: string): void => logger.warn({ code, requestId }, 'request refused');
  const refuse = refuseWith(logger);
  const app = fastify({
    logger: false,
    genReqId: nextRequestId,
    requestIdHeader: false,
    exposeHeadRoutes: false,
    bodyLimit: 16 * 1024,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: false },
    serverFactory: (handler) =>
      createHardenedServer(handler, {
        nextRequestId,
        loopbackHostsOnly: options.loopbackHostsOnly,
        onRefusal,
        // what does not pass Fastify is not in its log
        shortcut: logger.isLevelEnabled('debug') ? null : shortcutConfig(options.dependencies, nextRequestId),
      }),
    schemaController: SCHEMAS_DESCRIBE,
    frameworkErrors: (_error, _request, reply) => refuse(reply, 'NAME_INVALID'),
  });
  answerErrors(app, logger, refuse);
  logRequests(app, logger);
  addRoutes(app, options, refuse);
  return app;
}

/**
 * Answers are prepared, queries are checked by hand: schemas only describe. Given like this, Fastify does not even load
 * what would compile them.
 */
const SCHEMAS_DESCRIBE = {
  compilersFactory: {
    buildValidator: () => () => () => true,
    buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
  },
} as unknown as NonNullable<FastifyServerOptions['schemaController']>; // declared as Ajv's functions; they are only called

function addRoutes(app: FastifyInstance, options: AppOptions, refuse: Refuse): void {
  const { dependencies } = options;
  routeConfig(app, dependencies, refuse);
  routeHealth(app, dependencies, refuse);
  app.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      reply.headers({ ...COMMON_HEADER_MAP, 'x-request-id': request.id });
    });
    routeConfigList(scope, dependencies, refuse);
    routeDebug(scope, dependencies, refuse);
    routeLiveness(scope, dependencies);
    routeMetrics(scope, dependencies);
    routeReference(scope, { describe: () => describeRoutes(options, refuse), docs: options.docs });
  });
}

/** Sends a problem with the headers of every answer; what was refused is logged by its pattern, never by its URL. */
function refuseWith(logger: Logger): Refuse {
  return (reply, code, details) => {
    const { request } = reply;
    const [status] = PROBLEMS[code];
    if (status < 500 && status !== 404) {
      logger.warn({ code, route: request.routeOptions.url ?? null, requestId: request.id }, 'request refused');
    }
    reply.headers({ ...COMMON_HEADER_MAP, 'x-request-id': request.id });
    return sendProblem(reply, code, details);
  };
}

function answerErrors(app: FastifyInstance, logger: Logger, refuse: Refuse): void {
  app.setNotFoundHandler((_request, reply) => refuse(reply, 'ROUTE_UNKNOWN'));
  app.setErrorHandler((error: unknown, request, reply) => {
    const statusCode = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
    if (typeof statusCode === 'number' && statusCode < 500) return refuse(reply, 'BAD_REQUEST');
    logger.error({ requestId: request.id, bug: describeBug(error) }, 'a bug: request failed');
    return refuse(reply, 'INTERNAL');
  });
}

/** Name and place of a bug. Its message may hold anything, so it stays out of the log. */
export function describeBug(error: unknown): { name: string; at: string[] } {
  if (!(error instanceof Error)) return { name: typeof error, at: [] };
  const { stack = '', message } = error;
  const frames = stack
    .slice(stack.indexOf(message) + message.length) // a line of the message may look like a frame
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return { name: error.name, at: frames.slice(0, 5).map((line) => line.trim()) };
}

function logRequests(app: FastifyInstance, logger: Logger): void {
  if (!logger.isLevelEnabled('debug')) return;
  app.addHook('onResponse', async (request, reply) => {
    const { method, id, routeOptions } = request;
    const facts = {
      method,
      route: routeOptions.url ?? null,
      status: reply.raw.statusCode,
      ms: Math.round(reply.elapsedTime * 100) / 100,
      requestId: id,
    };
    logger.debug(facts, 'request');
  });
}

/** OpenAPI 3.1 of the routes, from an app that never listens: what makes it is loaded when somebody asks for it. */
async function describeRoutes(options: AppOptions, refuse: Refuse): Promise<object> {
  const { default: swagger } = await import('@fastify/swagger');
  const { jsonSchemaTransform, jsonSchemaTransformObject } = await import('fastify-type-provider-zod');
  const app = fastify({ exposeHeadRoutes: false, schemaController: SCHEMAS_DESCRIBE });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'redis-beacon',
        description: 'Knows where Redis is, how every service must talk to it, and whether it is well.',
        version: '0.1.0',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  app.after(() => addRoutes(app, options, refuse));
  await app.ready();
  return app.swagger();
}
