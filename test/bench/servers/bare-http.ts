import { createServer } from 'node:http';
import { announce } from './announce.ts';

/** Baseline (a): `node:http` that writes a prepared buffer of `BODY_BYTES` bytes, or one of `BODIES`, chosen by the path. */
const bodyBytes = Number(process.env.BODY_BYTES);
const bodies = Array.from({ length: Number(process.env.BODIES ?? 1) }, () => Buffer.alloc(bodyBytes, 'x'));
const first = Buffer.alloc(bodyBytes, 'x');
const byPath = new Map(bodies.map((body, index) => [`/config/service-${String(index).padStart(5, '0')}`, body]));
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': bodyBytes };

const server =
  bodies.length === 1
    ? createServer((_request, response) => {
        response.writeHead(200, headers);
        response.end(first);
      })
    : createServer((request, response) => {
        response.writeHead(200, headers);
        response.end(byPath.get(request.url ?? ''));
      });

server.listen(0, '127.0.0.1', () => announce(server.address()));
