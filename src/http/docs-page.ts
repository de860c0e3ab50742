/** The parts of an OpenAPI document that the page shows. */
interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
    readonly schema?: { readonly description?: string };
  }[];
  readonly responses?: Readonly<
    Record<
      string,
      { readonly description?: string; readonly content?: Readonly<Record<string, { readonly schema?: SchemaLike }>> }
    >
  >;
}

interface SchemaLike {
  readonly $ref?: string;
  readonly examples?: readonly unknown[];
}

interface OpenApiLike {
  readonly info: { readonly title: string; readonly description?: string; readonly version: string };
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, SchemaLike>> };
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{margin-top:2.5rem;border-top:1px solid #ddd;padding-top:1rem}code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:#f5f5f5;padding:1rem;overflow:auto;border-radius:4px}td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#222}h2{border-color:#444}}`;

/** A page to read, from the OpenAPI document: routes, parameters, answers, examples. No script, nothing from elsewhere. */
export function renderDocs(document: object): string {
  const api = document as OpenApiLike; // made by @fastify/swagger
  const operations = Object.entries(api.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      renderOperation(`${method.toUpperCase()} ${path}`, operation, api),
    ),
  );
  const { title, description = '', version } = api.info;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><h1>${escapeHtml(title)} ${escapeHtml(version)}</h1><p>${escapeHtml(description)}</p><p>Machine-readable: <a href="/openapi.json">/openapi.json</a>, catalog schema: <a href="/schema/catalog.json">/schema/catalog.json</a></p>
${operations.join('\n')}</body></html>`;
}

function renderOperation(name: string, operation: Operation, api: OpenApiLike): string {
  const parameters = (operation.parameters ?? []).map(
    (parameter) =>
      `<tr><td><code>${escapeHtml(parameter.name)}</code></td><td>${escapeHtml(parameter.in)}</td><td>${escapeHtml(parameter.description ?? parameter.schema?.description ?? '')}</td></tr>`,
  );
  const responses = Object.entries(operation.responses ?? {}).map(([status, { description = '', content = {} }]) => {
    const types = Object.keys(content).join(', ');
    return `<tr><td><code>${escapeHtml(status)}</code></td><td>${escapeHtml(description)}</td><td><code>${escapeHtml(types)}</code></td></tr>`;
  });
  return `<h2><code>${escapeHtml(name)}</code></h2><p>${escapeHtml(operation.summary ?? '')}</p>
${parameters.length === 0 ? '' : `<h3>Parameters</h3><table>${parameters.join('')}</table>`}
<h3>Answers</h3><table>${responses.join('')}</table>${renderExample(operation, api)}`;
}

function renderExample(operation: Operation, api: OpenApiLike): string {
  for (const { content = {} } of Object.values(operation.responses ?? {})) {
    for (const { schema } of Object.values(content)) {
      const name = schema?.$ref?.split('/').at(-1);
      const example = (name === undefined ? schema : api.components?.schemas?.[name])?.examples?.[0];
      if (example !== undefined) return `<h3>Example</h3><pre>${escapeHtml(JSON.stringify(example, null, 2))}</pre>`;
    }
  }
  return '';
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
