import { createFinding, type Finding } from '../finding.ts';
import { describeReading, type SecretReadings } from '../secret-reading.ts';
import {
  type Field,
  type FieldMap,
  type InterpretedLayer,
  type ReportVariable,
  splitVariableName,
  toInfix,
  type Variable,
  type VariableContext,
  type VariableLayer,
  type VariableOwners,
} from '../variables.ts';
import { readSettings } from './fields.ts';
import { describeMisspelled, describeStranger } from './strangers.ts';

/** Sorts and reads the `REDIS_*` variables of one layer. */
export function interpretVariables(
  layer: VariableLayer,
  owners: VariableOwners,
  context: VariableContext,
): { interpreted: InterpretedLayer; findings: Finding[] } {
  const findings: Finding[] = [];
  const report: ReportVariable = (code, { name, origin }, message, fix) => {
    findings.push(createFinding(code, context.environment, { path: name, origin, message, fix }));
  };
  const grouped = groupByOwner(layer, owners, context.readings, report);
  const read = ([owner, fields]: [string, FieldMap]) => [owner, readSettings(fields, report)] as const;
  return {
    interpreted: {
      layer: layer.layer,
      deployments: new Map([...grouped.deployments].map(read)),
      connections: new Map([...grouped.connections].map(read)),
    },
    findings,
  };
}

interface Grouped {
  readonly deployments: Map<string, Map<Field, Variable>>;
  readonly connections: Map<string, Map<Field, Variable>>;
}

function groupByOwner(
  layer: VariableLayer,
  owners: VariableOwners,
  readings: SecretReadings,
  report: ReportVariable,
): Grouped {
  const grouped: Grouped = { deployments: new Map(), connections: new Map() };
  const ownerOf = ownerLookup(owners);
  for (const variable of layer.variables.values()) {
    const name = splitVariableName(variable.name);
    if (name === null) {
      describeMisspelled(variable, owners, report);
      continue;
    }
    const owner = ownerOf(name.owner);
    if (owner === null) {
      describeStranger(variable, name.owner, owners, report);
      continue;
    }
    const usable = loadVariable(variable, name.isFile, layer, readings, report);
    if (usable === null) continue;
    const fields = grouped[owner.kind].get(owner.name) ?? new Map<Field, Variable>();
    grouped[owner.kind].set(owner.name, addField(fields, name.field, usable, report));
  }
  return grouped;
}

/** `REDIS_URL` and `REDIS_MAIN_URL` may set the same thing: the one that names its deployment wins. */
function addField(
  fields: Map<Field, Variable>,
  field: Field,
  variable: Variable,
  report: ReportVariable,
): Map<Field, Variable> {
  const other = fields.get(field);
  if (other === undefined) return fields.set(field, variable);
  const [winner, loser] = splitVariableName(variable.name)?.owner === undefined ? [other, variable] : [variable, other];
  if (!winner.value.equals(loser.value)) {
    const message = `${loser.name} and ${winner.name} disagree; ${winner.name} wins.`;
    report('VARIABLES_DISAGREE', loser, message, 'Remove one of them, or make them agree.');
  }
  return fields.set(field, winner);
}

type Owner = { readonly kind: 'deployments' | 'connections'; readonly name: string };

function ownerLookup(owners: VariableOwners): (infix: string | undefined) => Owner | null {
  const byInfix = new Map<string, Owner>();
  for (const name of owners.connections) byInfix.set(toInfix(name), { kind: 'connections', name });
  for (const name of owners.deployments) byInfix.set(toInfix(name), { kind: 'deployments', name });
  const fallback = owners.defaultDeployment;
  return (infix) => {
    if (infix !== undefined) return byInfix.get(infix) ?? null;
    return fallback === null ? null : { kind: 'deployments', name: fallback };
  };
}

/** The variable with its value, or with that of the file it names; null where there is nothing to use. */
function loadVariable(
  variable: Variable,
  isFile: boolean,
  layer: VariableLayer,
  readings: SecretReadings,
  report: ReportVariable,
): Variable | null {
  const { name, value } = variable;
  if (value.isEmpty) {
    report('VARIABLE_EMPTY', variable, `${name} is set, but empty; it counts as not set.`, 'Set it, or remove it.');
    return null;
  }
  if (isKubernetesLink(variable)) {
    const message = `${name} was set by Kubernetes for a Service of that name; it is ignored.`;
    const fix = 'Set `enableServiceLinks: false` in the pod, or rename the Service.';
    report('KUBERNETES_SERVICE_VARIABLE', variable, message, fix);
    return null;
  }
  if (!isFile) return variable;
  const plain = name.slice(0, -'_FILE'.length);
  if (layer.variables.get(plain)?.value.isEmpty === false) {
    report('VARIABLE_AND_FILE', variable, `${plain} and ${name} are both set.`, 'Keep one of them.');
    return null;
  }
  const reading = readings.get(`file:${value.reveal()}`);
  if (reading?.ok === true) return { ...variable, value: reading.secret };
  const [message, fix] = describeReading(reading, `the file that ${name} names`);
  report('SECRET_UNRESOLVABLE', variable, message, fix);
  return null;
}

function isKubernetesLink(variable: Variable): boolean {
  return /_PORT$/.test(variable.name) && /^(tcp|udp):\/\//.test(variable.value.reveal());
}
