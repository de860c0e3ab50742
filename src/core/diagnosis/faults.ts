import { ACCESS_FAULTS, type AccessFaultCode } from './fault-access.ts';
import { CONFIGURATION_FAULTS, type ConfigurationFaultCode } from './fault-configuration.ts';
import type { FaultClass, FaultEntry } from './fault-entry.ts';
import type { FaultFacts } from './fault-facts.ts';
import { NETWORK_FAULTS, type NetworkFaultCode } from './fault-network.ts';
import { SERVER_FAULTS, type ServerFaultCode } from './fault-server.ts';
import { TLS_FAULTS, type TlsFaultCode } from './fault-tls.ts';
import { TOPOLOGY_FAULTS, type TopologyFaultCode } from './fault-topology.ts';

/** The closed list of reasons why Redis cannot be used. Codes are stable: they are never renamed or reused. */
export type FaultCode =
  | ConfigurationFaultCode
  | NetworkFaultCode
  | TlsFaultCode
  | AccessFaultCode
  | ServerFaultCode
  | TopologyFaultCode;

export const FAULTS: Readonly<Record<FaultCode, FaultEntry>> = {
  ...CONFIGURATION_FAULTS,
  ...NETWORK_FAULTS,
  ...TLS_FAULTS,
  ...ACCESS_FAULTS,
  ...SERVER_FAULTS,
  ...TOPOLOGY_FAULTS,
} satisfies Record<FaultCode, FaultEntry>;

/** All codes in the order of the catalogue. The keys are exactly the codes, as the type above proves. */
export const FAULT_CODES = Object.keys(FAULTS) as readonly FaultCode[];

export type LadderStepName = 'dns' | 'tcp' | 'tls' | 'listen' | 'ping' | 'auth' | 'hello' | 'select' | 'nonce';

/** One rung of an examination. `note` is our own wording, from a closed set. */
export interface LadderStep {
  readonly name: LadderStepName;
  readonly status: 'pass' | 'fail' | 'skip';
  readonly durationMs: number;
  readonly note?: string;
}

/** A diagnosed reason, ready to be shown: it never holds a secret, a reply or a library's message. */
export interface Fault {
  readonly code: FaultCode;
  readonly class: FaultClass;
  readonly title: string;
  readonly cause: string;
  readonly fix: string;
  /** Relative to the project's root. */
  readonly help: string;
  readonly steps: readonly LadderStep[];
}

export function createFault(code: FaultCode, facts: FaultFacts, steps: readonly LadderStep[]): Fault {
  const entry = FAULTS[code];
  return {
    code,
    class: entry.class,
    title: entry.title,
    cause: entry.cause(facts),
    fix: entry.fix(facts),
    help: `docs/faults.md#${code.toLowerCase()}`,
    steps,
  };
}
