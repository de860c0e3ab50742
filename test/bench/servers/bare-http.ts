import { createServer } from 'node:http';
import { announce } from './announce.ts';

/** Baseline (a): `node:http` that writes a prepared buffer of `BODY_BYTES` bytes. */
const body = Buffer.alloc(Number(process.env.BODY_BYTES), 'x');
const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length };

const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});

server.listen(0, '127.0.0.1', () => announce(server.address()));
