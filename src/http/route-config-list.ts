import type { FastifyInstance } from 'fastify';
import { mayRead } from '../core/access.ts';
import type { ResolvedService } from '../core/resolved.ts';
import { identify } from './access.ts';
import { accessInForce, anonymousAllowed, type RouteDependencies } from './dependencies.ts';
import type { Refuse } from './problems.ts';
import { explainAbsence } from './route-config.ts';
import { configListRouteSchema } from './schemas-config.ts';

/** `GET /config`: what the caller may read, without secrets. */
export function routeConfigList(app: FastifyInstance, dependencies: RouteDependencies, refuse: Refuse): void {
  app.get('/config', { schema: configListRouteSchema }, (request, reply) => {
    const access = accessInForce(dependencies);
    const identity =
      access === null ? null : identify(access, request.headers.authorization, anonymousAllowed(access, dependencies));
    if (identity?.kind === 'refused') return refuse(reply, 'UNAUTHENTICATED');
    const revision = dependencies.activation.active;
    if (revision === null) return refuse(reply, ...explainAbsence(dependencies));
    const visible = [...revision.services.values()].filter(
      (service) => identity?.kind !== 'caller' || mayRead(identity.caller, service.name),
    );
    return reply.send({
      environment: revision.environment.name,
      revision: revision.number,
      anyName: revision.template !== null,
      networks: revision.networks,
      services: visible.map(summarize),
    });
  });
}

function summarize(service: ResolvedService): Record<string, unknown> {
  return {
    name: service.name,
    connections: service.connections.map(({ name, deployment, db, workload }) => ({
      name,
      deployment: deployment.value,
      db: db.value,
      workload: workload.value,
    })),
  };
}
