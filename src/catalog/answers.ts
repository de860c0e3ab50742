import type { EnvironmentName } from '../core/environment.ts';
import { type Deployments, renderService } from '../core/render/configuration.ts';
import type { ResolvedService } from '../core/resolved.ts';
import type { Preflight, PreflightOutcome } from './preflight.ts';

/** A prepared answer of `GET /config/:service`. */
export interface Answer {
  readonly ok: true;
  readonly body: Body;
  /** Where each connection stands in the body, in bytes: `"name":{...}`. */
  readonly connections: ReadonlyMap<string, { readonly start: number; readonly end: number }>;
}

/**
 * Bytes to be written again and again. A socket writes a string of one-byte characters, together with the head of the
 * answer, faster than a buffer; but ten thousand of them made at once would keep the garbage collector busy. So each
 * becomes a string when it is first asked for.
 */
export class Body {
  readonly length: number;
  #content: Buffer | string;

  constructor(bytes: Buffer) {
    this.length = bytes.length;
    this.#content = bytes;
  }

  /** A character for each byte, to be written as `latin1`. */
  get text(): string {
    if (typeof this.#content !== 'string') this.#content = this.#content.toString('latin1');
    return this.#content;
  }
}

/** Deployments of the service that have no address in the network. */
export interface Unreachable {
  readonly ok: false;
  readonly unreachable: readonly string[];
}

export interface AnswerHeader {
  readonly environment: EnvironmentName;
  readonly revision: number;
  readonly preflight: Preflight;
}

/** Renders the answer of one service in one network, ready to be written. */
export function prepareAnswer(
  service: ResolvedService,
  deployments: Deployments,
  network: string,
  header: AnswerHeader,
): Answer | Unreachable {
  const rendered = renderService(service, deployments, network);
  if (!rendered.ok) return rendered;
  const { environment, revision } = header;
  const opening = JSON.stringify({ service: service.name, environment, network, revision }).slice(0, -1);
  const used = new Set(service.connections.map((connection) => connection.deployment.value));
  const connections = new Map<string, { start: number; end: number }>();
  let text = `${opening},"connections":{`;
  let length = Buffer.byteLength(text);
  for (const [name, json] of rendered.connections) {
    const separator = connections.size === 0 ? '' : ',';
    const part = `${JSON.stringify(name)}:${json}`;
    const start = length + separator.length;
    length = start + Buffer.byteLength(part);
    connections.set(name, { start, end: length });
    text += separator + part;
  }
  text += `},"preflight":${JSON.stringify(summarize(header.preflight, used))}}`;
  return { ok: true, body: new Body(Buffer.from(text)), connections };
}

/** The same answer with one connection only, a character for each byte; null where the service has none of that name. */
export function selectConnection(answer: Answer, name: string): string | null {
  const place = answer.connections.get(name);
  if (place === undefined) return null;
  const all = [...answer.connections.values()];
  const first = all[0]?.start ?? 0;
  const last = all.at(-1)?.end ?? 0;
  const { text } = answer.body;
  return text.slice(0, first) + text.slice(place.start, place.end) + text.slice(last);
}

const WORST_FIRST = ['failed', 'pending', 'waived', 'not-applicable', 'proven'] as const;

/** What a consumer wants to know: was what I got proven, and since when. The worst of its deployments counts. */
export function summarize(
  preflight: Preflight,
  deployments: Iterable<string>,
): Pick<PreflightOutcome, 'status' | 'at'> {
  const outcomes = [...deployments].flatMap((name) => preflight.get(name) ?? []);
  outcomes.sort((a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status));
  return { status: outcomes[0]?.status ?? 'not-applicable', at: outcomes[0]?.at ?? null };
}
