import type { FastifyInstance } from 'fastify';
import type { RouteDependencies } from './dependencies.ts';
import { metricsRouteSchema } from './schemas-health.ts';

/** `GET /metrics`: what is already known, rendered. */
export function routeMetrics(app: FastifyInstance, dependencies: RouteDependencies): void {
  app.get('/metrics', { schema: metricsRouteSchema }, async (_request, reply) => {
    const { contentType, text } = await dependencies.metrics();
    return reply.type(contentType).send(text);
  });
}
