import * as z from 'zod';
import { catalogSchema } from './core/catalog-schema.ts';
import { detectEnvironment, type Environment } from './core/environment.ts';
import { NAME_PATTERN, NAME_RULE } from './core/names.ts';
import { didYouMean } from './core/nearest.ts';

const callersSchema = catalogSchema.shape.access.unwrap().shape.callers.unwrap();

/** Plain digits only: `Number` also reads blanks, `0x10` and `1e3`. */
const wholeNumber = (what: string, minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `must be ${what}`)
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum));

const milliseconds = (minimum: number, maximum: number) =>
  wholeNumber('a whole number of milliseconds', minimum, maximum);

const serviceList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
  .refine(
    (names) => names.length > 0 && names.every((name) => NAME_PATTERN.test(name)),
    `must be a list like backend,auth (${NAME_RULE})`,
  );

const callers = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' }); // the parser's own text quotes the value
      return z.NEVER;
    }
  })
  .refine(
    (value) => callersSchema.safeParse(value).success,
    'must look like {"backend":{"tokenSha256":"<64 hexadecimal digits>","services":["backend"]}}',
  )
  .pipe(callersSchema);

/** The settings of the service itself: one variable a line. Descriptions make the reference table. */
export const settingsSchema = z.object({
  HOST: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'Address to listen on. Default 127.0.0.1; 0.0.0.0 inside a container.' }),
  PORT: wholeNumber('a port', 0, 65_535)
    .default(8080)
    .meta({ description: 'Port to listen on; 0 lets the system choose.' }),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info')
    .meta({ description: 'Lowest level that is logged.' }),
  LOG_FORMAT: z
    .enum(['auto', 'json', 'pretty'])
    .default('auto')
    .meta({ description: 'auto: readable on a terminal, JSON lines elsewhere.' }),
  BEACON_CATALOG: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .meta({ description: 'Path of the catalog. Default: catalog.yaml in the working directory, if there is one.' }),
  BEACON_NETWORK: z
    .string()
    .regex(NAME_PATTERN, `must be a name: ${NAME_RULE}`)
    .refine((name) => name !== 'any', 'must be one network: any stands for all of them')
    .optional()
    .meta({ description: 'Network in which this process runs. Default: container or host, detected.' }),
  BEACON_EMBEDDED_REDIS: z.enum(['off', 'auto']).default('off').meta({
    description: 'auto: in development and test, start a real Redis where none is configured and none listens.',
  }),
  BEACON_SERVICES: serviceList
    .optional()
    .meta({ description: 'The services, where there is no catalog: backend,auth.' }),
  BEACON_CALLERS: callers.optional().meta({ description: 'Callers as JSON, like access.callers of the catalog.' }),
  BEACON_ACCESS_WAIVE: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'Why everybody may read the configuration in staging or production.' }),
  BEACON_HEALTH_DEADLINE_MS: milliseconds(50, 10_000)
    .default(800)
    .meta({ description: 'Latest time for a health answer.' }),
  BEACON_PREFLIGHT_DEADLINE_MS: milliseconds(500, 60_000)
    .default(5000)
    .meta({ description: 'Longest time for proving one database.' }),
  BEACON_POLL_MS: milliseconds(20, 60_000)
    .default(500)
    .meta({ description: 'How often catalog, .env files and secret files are looked at.' }),
  BEACON_SETTLE_MS: milliseconds(10, 60_000)
    .default(250)
    .meta({ description: 'How long changed content must stay the same before it is believed.' }),
  BEACON_DRAIN_MS: milliseconds(0, 8000)
    .optional()
    .meta({ description: 'Time between SIGTERM and closing the listener. Default 0; 3000 in staging and production.' }),
});

export type SettingsVariables = z.infer<typeof settingsSchema>;

export interface Settings extends SettingsVariables {
  readonly environment: Environment;
}

export interface SettingsProblem {
  readonly variable: string;
  readonly message: string;
  readonly fix: string;
}

export type ReadSettings =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly SettingsProblem[] };

/** Reads the service's own settings; reports all problems at once and never repeats a value. An empty variable counts as not set. */
export function readSettings(variables: Readonly<Record<string, string | undefined>>): ReadSettings {
  const set = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = settingsSchema.safeParse(set);
  const detected = detectEnvironment(variables);
  const problems: SettingsProblem[] = [...unknownVariables(set)];
  if (!detected.ok) problems.push({ variable: detected.variable, message: detected.message, fix: detected.fix });
  if (!parsed.success) problems.push(...parsed.error.issues.map(describeIssue));
  if (problems.length > 0 || !parsed.success || !detected.ok) return { ok: false, problems };
  return { ok: true, settings: { ...parsed.data, environment: detected.environment } };
}

/** What Kubernetes sets in every pod for a Service that is called `beacon` or `beacon-...`. */
const KUBERNETES_LINK = /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$|_PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?$/;

function unknownVariables(set: Readonly<Record<string, unknown>>): SettingsProblem[] {
  const known = Object.keys(settingsSchema.shape);
  return Object.keys(set)
    .filter((name) => name.startsWith('BEACON_') && !known.includes(name) && !KUBERNETES_LINK.test(name))
    .map((name) => ({
      variable: name,
      message: `${name} is no setting${didYouMean(name, known)}`,
      fix: 'Correct the name, or remove the variable.',
    }));
}

function describeIssue(issue: z.core.$ZodIssue): SettingsProblem {
  const variable = String(issue.path[0] ?? '');
  const description = Object.entries(settingsSchema.shape)
    .find(([name]) => name === variable)?.[1]
    .meta()?.description;
  const allowed = issue.code === 'invalid_value' ? ` Allowed: ${issue.values.map(String).join(', ')}.` : '';
  const own = issue.code === 'custom' || issue.code === 'invalid_format' ? issue.message : 'is not valid';
  return { variable, message: `${variable} ${own}`, fix: `${description ?? ''}${allowed}${boundsOf(issue)}`.trim() };
}

function boundsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small') return ` At least ${issue.minimum}.`;
  return issue.code === 'too_big' ? ` At most ${issue.maximum}.` : '';
}
