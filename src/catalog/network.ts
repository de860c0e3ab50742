import { existsSync } from 'node:fs';

export interface Network {
  readonly name: string;
  /** What told it, for people. */
  readonly detectedFrom: string;
}

const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv'];

/** The network in which this process runs: `BEACON_NETWORK`, else `container` or `host` by the traces of a container. */
export function detectNetwork(
  declared: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): Network {
  if (declared !== undefined) return { name: declared, detectedFrom: 'BEACON_NETWORK' };
  if (variables.KUBERNETES_SERVICE_HOST !== undefined)
    return { name: 'container', detectedFrom: 'KUBERNETES_SERVICE_HOST' };
  if (variables.ECS_CONTAINER_METADATA_URI_V4 !== undefined)
    return { name: 'container', detectedFrom: 'ECS_CONTAINER_METADATA_URI_V4' };
  const trace = CONTAINER_FILES.find((file) => existsSync(file));
  return trace === undefined
    ? { name: 'host', detectedFrom: 'no trace of a container' }
    : { name: 'container', detectedFrom: trace };
}
