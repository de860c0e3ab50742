import { readFileSync } from 'node:fs';
import fastify from 'fastify';
import { announce } from './announce.ts';

/** Baseline (b): a bare Fastify route that returns the object in `BODY_FILE`; no control, no header of its own. */
const answer: unknown = JSON.parse(readFileSync(process.env.BODY_FILE ?? '', 'utf8'));
const app = fastify();

app.get('/config/:service', () => answer);

await app.listen({ host: '127.0.0.1', port: 0 });
announce(app.server.address());
