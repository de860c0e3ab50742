import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isStrict } from '../core/environment.ts';
import { isName } from '../core/names.ts';
import { nearest } from '../core/nearest.ts';
import { identify } from './access.ts';
import { accessInForce, anonymousAllowed, type RouteDependencies } from './dependencies.ts';
import { type Explained, explainJson, explainText } from './explanation.ts';
import type { ProblemCode, Refuse } from './problems.ts';
import { debugRouteSchema } from './schemas-debug.ts';

interface DebugRequest {
  Querystring: Record<string, unknown>;
}

/** `GET /debug/redis-config`: JSON, or text for a developer with curl. Works without an active revision, too. */
export function routeDebug(app: FastifyInstance, dependencies: RouteDependencies, refuse: Refuse): void {
  app.get<DebugRequest>('/debug/redis-config', { schema: debugRouteSchema }, (request, reply) => {
    const refusal = authorize(request, dependencies);
    if (refusal !== null) return refuse(reply, refusal);
    const { service, history, ...rest } = request.query;
    const historyIsValid = history === undefined || history === '1';
    if (Object.keys(rest).length > 0 || !historyIsValid || !(service === undefined || typeof service === 'string'))
      return refuse(reply, 'QUERY_INVALID', { detail: 'Known parameters: service=NAME, history=1.' });
    const explained = select(service ?? null, history === '1', dependencies);
    if (typeof explained !== 'string') return send(request, reply, explained);
    if (explained === 'NAME_INVALID') return refuse(reply, explained);
    const names = dependencies.activation.active?.services.keys() ?? [];
    return refuse(reply, explained, { nearest: nearest(service ?? '', names) });
  });
}

function authorize(request: FastifyRequest, dependencies: RouteDependencies): ProblemCode | null {
  const access = accessInForce(dependencies);
  const strict = isStrict(dependencies.environment.name);
  if (access === null) return strict || !dependencies.listenerIsPrivate ? 'UNAUTHENTICATED' : null;
  const identity = identify(access, request.headers.authorization, anonymousAllowed(access, dependencies));
  if (identity.kind === 'refused') return 'UNAUTHENTICATED';
  return identity.kind === 'anonymous' || identity.caller.operator ? null : 'FORBIDDEN';
}

function select(
  service: string | null,
  history: boolean,
  { activation, environment, network }: RouteDependencies,
): Explained | 'NAME_INVALID' | 'SERVICE_UNKNOWN' {
  const explained: Explained = {
    environment,
    network,
    revision: activation.active,
    declared: activation.active?.sources ?? activation.declared,
    refusal: activation.refusal,
    waiting: activation.waiting,
    history: history ? activation.history : null,
    service,
  };
  if (service === null) return explained;
  if (!isName(service)) return 'NAME_INVALID';
  const revision = activation.active;
  if (revision !== null && revision.template === null && !revision.services.has(service)) return 'SERVICE_UNKNOWN';
  return explained;
}

function send(request: FastifyRequest, reply: FastifyReply, explained: Explained): FastifyReply {
  const wantsText = /\btext\/plain\b/.test(request.headers.accept ?? '');
  reply.type(wantsText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8');
  reply.header('vary', 'Authorization, Accept');
  return reply.send(Readable.from(wantsText ? explainText(explained) : explainJson(explained)));
}
