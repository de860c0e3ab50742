import { didYouMean, nearest } from '../nearest.ts';
import { type ReportVariable, toInfix, VARIABLE_FIELDS, type Variable, type VariableOwners } from '../variables.ts';

/**
 * What Kubernetes sets for a Service whose name begins with `redis`, and what the Redis image sets: no settings, and
 * nobody's business.
 */
const FOREIGN = /^(DOWNLOAD|(.+_)?SERVICE|(.+_)?PORT_\d+_(TCP|UDP))$/;

/** Connections that a variable may speak of where no catalog says which there are. */
export const WELL_KNOWN_CONNECTIONS = ['cache', 'session', 'queue'];

/** Reports a variable whose name has the right form, but whose owner does not exist: nothing is ignored in silence. */
export function describeStranger(
  variable: Variable,
  owner: string | undefined,
  owners: VariableOwners,
  report: ReportVariable,
): void {
  const { name } = variable;
  if (owner === undefined) {
    const message = `${name} is for the default deployment, but there are several deployments and none is named main or default.`;
    const fix = `Set REDIS_<DEPLOYMENT>_... for one of: ${[...owners.deployments].join(', ')}.`;
    report('CONNECTION_DEPLOYMENT_AMBIGUOUS', variable, message, fix);
    return;
  }
  if (FOREIGN.test(owner) || /^(tcp|udp):\/\//.test(variable.value.reveal())) return;
  if (describeMisspelled(variable, owners, report)) return;
  const known = [...owners.deployments, ...owners.connections].map(toInfix);
  const message = WELL_KNOWN_CONNECTIONS.map(toInfix).includes(owner)
    ? `${name} is for the connections named ${owner.toLowerCase()}, but no service has one.`
    : `${name} belongs to no deployment and no connection${didYouMean(owner, known)}.`;
  report('VARIABLE_UNKNOWN', variable, message, 'Correct the name, or remove the variable.');
}

/** Words that people write for a field. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['USER', 'USERNAME'],
  ['PASS', 'PASSWORD'],
  ['PASSWD', 'PASSWORD'],
  ['PWD', 'PASSWORD'],
  ['AUTH', 'PASSWORD'],
  ['DATABASE', 'DB'],
  ['SSL', 'TLS'],
  ['URI', 'URL'],
  ['HOSTNAME', 'HOST'],
  ['ADDR', 'HOST'],
  ['ADDRESS', 'HOST'],
  ['CA_CERT', 'CA'],
  ['TLS_CA', 'CA'],
  ['TLS_CERT', 'CERT'],
  ['TLS_KEY', 'KEY'],
]);

/**
 * Reports `REDIS_PASSWROD`, `REDIS_USER` and `REDIS_TLS_CA_FILE`: what is not read must not look as if it were.
 * False where the name resembles nothing.
 */
export function describeMisspelled(variable: Variable, owners: VariableOwners, report: ReportVariable): boolean {
  const rest = /^REDIS_(.+)$/.exec(variable.name)?.[1];
  if (rest === undefined) return false;
  const suffix = rest.endsWith('_FILE') ? '_FILE' : '';
  const prefixes = ['', ...[...owners.deployments, ...owners.connections].map((name) => `${toInfix(name)}_`)];
  for (const prefix of prefixes) {
    if (!rest.startsWith(prefix)) continue;
    const field = fieldLike(rest.slice(prefix.length, rest.length - suffix.length));
    if (field === undefined) continue;
    const right = `REDIS_${prefix}${field}${suffix}`;
    const message = `${variable.name} is no setting, so it is not read (did you mean ${right}?).`;
    report('VARIABLE_UNKNOWN', variable, message, `Rename it to ${right}, or remove it.`);
    return true;
  }
  return false;
}

function fieldLike(word: string): string | undefined {
  const synonym = SYNONYMS.get(word);
  if (synonym !== undefined || word.length < 4) return synonym;
  return nearest(word, Object.keys(VARIABLE_FIELDS), 1, word.length < 7 ? 1 : 2)[0];
}
