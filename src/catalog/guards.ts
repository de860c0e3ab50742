import type { Finding } from '../core/finding.ts';
import type { Candidate, Revision } from './revision.ts';

/**
 * A truncated file is often valid: an update that loses the catalog, more than half of the services, or all
 * deployments is refused unless the file says `allowRemoval: true`.
 */
export function guardRemoval(active: Revision, candidate: Candidate): Finding | null {
  const before = active.sources.catalog;
  if (before === null) return null;
  const after = candidate.sources.catalog;
  const origin = { layer: 'catalog-base', file: before.file } as const;
  const refuse = (message: string, fix: string): Finding => ({
    code: 'CATALOG_REMOVAL',
    severity: 'error',
    path: '',
    origin,
    message,
    fix,
  });
  if (after === null) return refuse('The catalog is gone.', 'Put it back; to run without one, restart the service.');
  if (after.document.allowRemoval === true) return null;
  const fix = 'If that is meant, set `allowRemoval: true` in the file.';
  const lost = [...active.services.keys()].filter((name) => !candidate.services.has(name)).length;
  if (lost > active.services.size / 2)
    return refuse(`The update removes ${lost} of ${active.services.size} services.`, fix);
  const declared = declaredDeployments(active);
  if (declared.length > 0 && !declared.some((name) => candidate.resolution.deployments.has(name)))
    return refuse('The update removes all deployments.', fix);
  return null;
}

/** Those of the base and of the overlay in force. What variables bring along is not the file's to lose. */
function declaredDeployments({ sources, environment }: Revision): string[] {
  const document = sources.catalog?.document;
  const overlay = document?.environments?.[environment.name];
  return [...Object.keys(document?.deployments ?? {}), ...Object.keys(overlay?.deployments ?? {})];
}
