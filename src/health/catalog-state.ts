import type { Activation } from '../catalog/activation.ts';
import type { Refusal, Waiting } from '../catalog/activation-event.ts';
import type { CatalogState } from './report.ts';

/**
 * What a refused or waiting catalog means for the verdict: a warning while an older revision serves, a failure
 * where none does. The same state gives the same object, so that rendered answers can be shared.
 */
export function createCatalogState(activation: Activation): () => CatalogState | null {
  let last: { refusal: Refusal | null; waiting: Waiting | null; active: boolean; state: CatalogState | null } | null =
    null;
  return () => {
    const { refusal, waiting } = activation;
    const active = activation.active !== null;
    if (last?.refusal === refusal && last.waiting === waiting && last.active === active) return last.state;
    last = { refusal, waiting, active, state: describe(refusal, waiting, active) };
    return last.state;
  };
}

function describe(refusal: Refusal | null, waiting: Waiting | null, active: boolean): CatalogState | null {
  if (refusal === null && waiting === null) return null;
  const refused = (refusal?.reasons ?? []).map(({ code, path, message, fix }) => ({ code, path, message, fix }));
  const awaited = (waiting?.faults ?? []).map(([name, { code, cause, fix }]) => ({
    code,
    path: `deployments.${name}`,
    message: cause,
    fix,
  }));
  return { status: active ? 'warn' : 'fail', refusedAt: refusal?.at ?? null, findings: [...refused, ...awaited] };
}
