/**
 * The precedence of the layers, lowest first. This array is the only place that decides it.
 * `derived` is no source: it marks what was computed from other values.
 */
export const LAYERS = [
  'environment-default',
  'embedded',
  'catalog-defaults',
  'catalog-base',
  'catalog-environment',
  'env-file',
  'env-file-environment',
  'process',
] as const;

export type Layer = (typeof LAYERS)[number];

/** Where a value came from. Lines and columns start at 1. */
export interface Origin {
  readonly layer: Layer;
  /** Name of the variable, for `.env` files and the process. */
  readonly variable?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** A value of a layer, before layers are merged. */
export interface Candidate<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** A merged value: where it came from and which values it shadows, nearest layer first. */
export interface Traced<T> extends Candidate<T> {
  readonly shadowed: readonly Candidate<T>[];
}

export function rankOf(layer: Layer): number {
  return LAYERS.indexOf(layer);
}

/** The origin in words, `catalog.yaml:12:5`, `REDIS_URL in .env`, `built-in default`. */
export function describeOrigin(origin: Origin): string {
  const place = origin.line === undefined ? origin.file : `${origin.file}:${origin.line}:${origin.column ?? 1}`;
  if (origin.variable !== undefined) return place === undefined ? origin.variable : `${origin.variable} in ${place}`;
  if (place !== undefined) return place;
  return origin.layer === 'embedded' ? 'embedded development Redis' : 'built-in default';
}
