import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { selectConnection } from '../catalog/answers.ts';
import type { Revision } from '../catalog/revision.ts';
import { mayRead } from '../core/access.ts';
import { isName } from '../core/names.ts';
import { nearest } from '../core/nearest.ts';
import { identify, identifyConnection } from './access.ts';
import { accessInForce, anonymousAllowed, type RouteDependencies } from './dependencies.ts';
import { COMMON_HEADERS, matchesEtag } from './headers.ts';
import { PROBLEMS, type ProblemCode, type ProblemDetails, type Refuse } from './problems.ts';
import { configRouteSchema } from './schemas-config.ts';
import type { Shortcut } from './server.ts';

interface ConfigRequest {
  Params: { service: string };
  Querystring: Record<string, unknown>;
}

const PARAMETERS = ['connection', 'network'];
const NO_QUERY: Readonly<Record<string, unknown>> = {};

/**
 * `GET /config/:service`: a look-up. Everything was prepared when the revision was activated; what remains is who
 * asks, for what, and writing bytes. The answer goes straight to the socket: Fastify's own way out costs more than
 * all the rest.
 */
export function routeConfig(app: FastifyInstance, dependencies: RouteDependencies, refuse: Refuse): void {
  app.get<ConfigRequest>('/config/:service', { schema: configRouteSchema }, (request, reply) => {
    const { service } = request.params;
    const query = request.query ?? NO_QUERY;
    if (!isName(service)) return refuse(reply, 'NAME_INVALID');
    const refusal = authorize(request.raw, service, dependencies);
    if (refusal !== null) return refuse(reply, refusal);
    const revision = dependencies.activation.active;
    if (revision === null) return refuse(reply, ...explainAbsence(dependencies));
    const wrong = Object.keys(query).find((name) => !PARAMETERS.includes(name) || typeof query[name] !== 'string');
    if (wrong !== undefined)
      return refuse(reply, 'QUERY_INVALID', { detail: 'Known parameters, each at most once: connection, network.' });
    return answer(request, reply, revision, refuse);
  });
}

const PREFIX = '/config/';

/**
 * The same for what is asked nearly always: `GET /config/NAME` by somebody who may read it. Everything else, every
 * refusal too, is left to the route above.
 */
export function shortcutConfig(dependencies: RouteDependencies, nextRequestId: () => string): Shortcut {
  return (request, response) => {
    const { method, url = '' } = request;
    if (method !== 'GET' || !url.startsWith(PREFIX)) return false;
    const service = url.slice(PREFIX.length);
    const revision = dependencies.activation.active;
    if (!isName(service) || revision === null || authorize(request, service, dependencies) !== null) return false;
    const prepared = revision.answer(service, revision.network);
    if (prepared?.ok !== true) return false;
    write(request, response, revision, prepared.body.text, nextRequestId());
    return true;
  };
}

/** Decides on the name before anything is looked up, so that a refusal does not tell whether a service exists. */
function authorize(request: IncomingMessage, service: string, dependencies: RouteDependencies): ProblemCode | null {
  const access = accessInForce(dependencies);
  if (access === null) return null; // nothing is active, so there is nothing to read
  const mayBeAnonymous = anonymousAllowed(access, dependencies);
  const identity = identifyConnection(request.socket, access, request.headers.authorization, mayBeAnonymous);
  if (identity.kind === 'refused') return 'UNAUTHENTICATED';
  return identity.kind === 'anonymous' || mayRead(identity.caller, service) ? null : 'FORBIDDEN';
}

function answer(
  request: FastifyRequest<ConfigRequest>,
  reply: FastifyReply,
  revision: Revision,
  refuse: Refuse,
): FastifyReply {
  const { service } = request.params;
  const { network = revision.network, connection } = request.query as Record<string, string>; // checked before
  if (!revision.networks.includes(network)) {
    const near = nearest(network, revision.networks);
    return refuse(reply, 'NETWORK_UNKNOWN', { detail: `Networks: ${revision.networks.join(', ')}.`, nearest: near });
  }
  const prepared = revision.answer(service, network);
  if (prepared === undefined)
    return refuse(reply, 'SERVICE_UNKNOWN', { nearest: visibleNearest(request, service, revision) });
  if (!prepared.ok) {
    const detail = `No address in the network ${network}: ${prepared.unreachable.join(', ')}.`;
    return refuse(reply, 'NETWORK_UNREACHABLE', { detail });
  }
  if (connection === undefined) return hijack(request, reply, revision, prepared.body.text);
  const selected = selectConnection(prepared, connection);
  if (selected === null) {
    const known = [...prepared.connections.keys()];
    return refuse(reply, 'CONNECTION_UNKNOWN', {
      detail: `Connections: ${known.join(', ')}.`,
      nearest: nearest(connection, known),
    });
  }
  return hijack(request, reply, revision, selected);
}

/** Names that look like the one asked for, of those that the caller may read. */
function visibleNearest(request: FastifyRequest, service: string, revision: Revision): string[] {
  const identity = identify(revision.access, request.headers.authorization, true);
  const visible = [...revision.services.keys()].filter(
    (name) => identity.kind === 'anonymous' || (identity.kind === 'caller' && mayRead(identity.caller, name)),
  );
  return nearest(service, visible);
}

function hijack(request: FastifyRequest, reply: FastifyReply, revision: Revision, text: string): FastifyReply {
  reply.hijack();
  write(request.raw, reply.raw, revision, text, request.id);
  return reply;
}

/** `text` has a character for each byte. */
function write(
  { headers }: IncomingMessage,
  response: ServerResponse,
  { etag }: Revision,
  text: string,
  requestId: string,
): void {
  const head = [...COMMON_HEADERS, 'etag', etag, 'vary', 'Authorization', 'x-request-id', requestId];
  if (matchesEtag(headers['if-none-match'], etag)) {
    response.writeHead(304, head);
    response.end();
    return;
  }
  head.push('content-type', 'application/json; charset=utf-8', 'content-length', String(text.length));
  response.writeHead(200, head);
  response.end(text, 'latin1');
}

/** Why there is nothing to serve yet. In staging and production only callers who identified themselves learn it. */
export function explainAbsence(dependencies: RouteDependencies): [ProblemCode, ProblemDetails] {
  const { waiting, refusal } = dependencies.activation;
  if (waiting !== null) {
    const reasons = waiting.faults.map(([deployment, { code, title, cause, fix }]) => ({
      deployment,
      code,
      title,
      cause,
      fix,
    }));
    return ['NOT_PROVEN', { reasons }];
  }
  const open = dependencies.environment.name === 'development' || dependencies.environment.name === 'test';
  const [, title] = PROBLEMS.NO_REVISION;
  return ['NO_REVISION', open && refusal !== null ? { reasons: refusal.reasons } : { detail: title }];
}
