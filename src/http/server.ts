import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { guardRequest } from './guard.ts';
import { COMMON_HEADER_MAP } from './headers.ts';
import { type ProblemCode, problemHeaders, renderProblem } from './problems.ts';

/** Limits of the listener. headersTimeout stays below requestTimeout, else Node swaps the two. */
export const LIMITS = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 72_000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8192,
  maxConnections: 20_000,
} as const;

export interface HardenedServerOptions {
  readonly nextRequestId: () => string;
  /** Refuse foreign host names: for a loopback listener in development. */
  readonly loopbackHostsOnly: boolean;
  readonly onRefusal: (code: ProblemCode, requestId: string) => void;
  /** Null: every request takes the way through the router. */
  readonly shortcut: Shortcut | null;
}

/** Answers a request for which the router's way would cost more than the answer; false: the router has to. */
export type Shortcut = (request: IncomingMessage, response: ServerResponse) => boolean;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server that refuses, before routing, what no route should see. */
export function createHardenedServer(handler: Handler, options: HardenedServerOptions): Server {
  const { maxConnections, ...limits } = LIMITS;
  const { shortcut } = options;
  // Node would refuse a missing Host and an unmeetable Expect by itself: bare, without a body or our headers
  const server = createServer({ ...limits, requireHostHeader: false }, (request, response) => {
    const refusal = guardRequest(request, options.loopbackHostsOnly);
    if (refusal !== null) refuse(response, refusal, options);
    // a server that closes leaves the end of its connections to Fastify
    else if (!server.listening || !takeShortcut(shortcut, request, response)) handler(request, response);
  });
  server.on('checkExpectation', (request, response) => {
    refuse(response, guardRequest(request, options.loopbackHostsOnly) ?? 'EXPECTATION_FAILED', options);
  });
  server.maxConnections = maxConnections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseBytes(error, socket, options));
  return server;
}

function takeShortcut(shortcut: Shortcut | null, request: IncomingMessage, response: ServerResponse): boolean {
  try {
    return shortcut?.(request, response) === true;
  } catch (error) {
    if (response.headersSent) throw error;
    return false; // the route meets the same bug and reports it
  }
}

function refuse(response: ServerResponse, code: ProblemCode, options: HardenedServerOptions): void {
  const requestId = options.nextRequestId();
  options.onRefusal(code, requestId);
  const { status, body } = renderProblem(code, requestId);
  const headers = {
    ...COMMON_HEADER_MAP,
    ...problemHeaders(code),
    'content-length': Buffer.byteLength(body),
    'x-request-id': requestId,
    connection: 'close',
  };
  response.writeHead(status, headers);
  response.end(body);
}

/** What is no HTTP never becomes a request; it still gets an answer that says so. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Socket, options: HardenedServerOptions): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const code = codeOf(error);
  const requestId = options.nextRequestId();
  options.onRefusal(code, requestId);
  const { status, body } = renderProblem(code, requestId);
  const headers = {
    ...COMMON_HEADER_MAP,
    ...problemHeaders(code),
    'content-length': String(Buffer.byteLength(body)),
    'x-request-id': requestId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}

function codeOf(error: NodeJS.ErrnoException): ProblemCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'HEADERS_TOO_LARGE';
  return error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'REQUEST_TIMEOUT' : 'BAD_REQUEST';
}
