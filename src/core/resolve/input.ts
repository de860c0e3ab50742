import type { Catalog } from '../catalog-schema.ts';
import type { Environment } from '../environment.ts';
import type { Marks } from '../marks.ts';
import type { SecretReadings } from '../secret-reading.ts';
import type { Address } from '../target.ts';
import type { VariableLayer } from '../variables.ts';
import type { AccessSettings } from './access.ts';

/** All that the resolved configuration depends on. Same input, same output: no clock, no I/O. */
export interface ResolveInput {
  readonly environment: Environment;
  /** The network in which this process runs. */
  readonly ownNetwork: string;
  readonly catalog: { readonly file: string; readonly document: Catalog; readonly marks: Marks } | null;
  /** Lowest first. */
  readonly variables: readonly VariableLayer[];
  readonly readings: SecretReadings;
  /** Address of the development Redis that this process started. */
  readonly embedded: Address | null;
  /** `BEACON_SERVICES`: the services where there is no catalog. */
  readonly services: readonly string[] | null;
  readonly access: AccessSettings;
}
