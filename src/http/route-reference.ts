import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { catalogSchema } from '../core/catalog-schema.ts';
import { renderDocs } from './docs-page.ts';
import { catalogSchemaRouteSchema } from './schemas-debug.ts';

export interface ReferenceOptions {
  /** OpenAPI 3.1 of all routes. */
  readonly describe: () => Promise<object>;
  readonly docs: boolean;
}

/** What describes this service: OpenAPI, the JSON Schema of the catalog, a page to read. Made when first asked for. */
export function routeReference(scope: FastifyInstance, { describe, docs }: ReferenceOptions): void {
  const once = <T>(make: () => T): (() => T) => {
    let made: { readonly value: T } | null = null;
    return () => {
      made ??= { value: make() };
      return made.value;
    };
  };
  const catalogJson = once(() => JSON.stringify(catalogJsonSchema()));
  const openApi = once(async () => withReferencedComponents(await describe()));
  const openApiJson = once(async () => JSON.stringify(await openApi()));
  const page = once(async () => renderDocs(await openApi()));
  scope.get('/schema/catalog.json', { schema: catalogSchemaRouteSchema }, (_request, reply) =>
    reply.type('application/schema+json').serializer(String).send(catalogJson()),
  );
  scope.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .type('application/json; charset=utf-8')
      .serializer(String)
      .send(await openApiJson()),
  );
  if (!docs) return;
  scope.get('/docs', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
      .type('text/html; charset=utf-8')
      .send(await page()),
  );
}

/** JSON Schema 2020-12 of the catalog. */
export function catalogJsonSchema(): object {
  return { $id: 'redis-beacon-catalog', ...z.toJSONSchema(catalogSchema) };
}

/** zod keeps one register of named schemas for the whole program: only those that routes refer to belong here. */
function withReferencedComponents(document: object): object {
  const { components, ...rest } = document as { components?: { schemas?: Record<string, unknown> } }; // OpenAPI 3.1
  const all = components?.schemas ?? {};
  const kept: Record<string, unknown> = {};
  const queue = referencesIn(rest);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (Object.hasOwn(kept, name) || all[name] === undefined) continue;
    kept[name] = all[name];
    queue.push(...referencesIn(all[name]));
  }
  return { ...rest, components: { ...components, schemas: kept } };
}

function referencesIn(value: unknown): string[] {
  return [...JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].flatMap(([, name]) => name ?? []);
}
