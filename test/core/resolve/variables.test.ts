import { expect, test } from 'vitest';
import type { Finding } from '../../../src/core/finding.ts';
import { codesOf, connectionOf, type Declared, deploymentOf, resolveDeclared } from '../resolving.ts';

/** What is said about variables: code, variable, message and fix. */
function said(declared: Declared): (readonly string[])[] {
  const isVariable = ({ path }: Finding): boolean => /^[A-Z_]+$/.test(path);
  return resolveDeclared(declared)
    .findings.filter(isVariable)
    .map(({ code, path, message, fix }) => [code, path, message, fix]);
}

test.each<[string, Record<string, string>, (readonly string[])[]]>([
  [
    'a URL and single fields that disagree: the field wins',
    {
      REDIS_URL: 'redis://a:b@h.example:1/2',
      REDIS_HOST: 'i.example',
      REDIS_PORT: '3',
      REDIS_DB: '4',
      REDIS_PASSWORD: 'c',
      REDIS_USERNAME: 'd',
      REDIS_TLS: 'true',
    },
    ['HOST', 'PORT', 'DB', 'PASSWORD', 'USERNAME', 'TLS'].map((field) => [
      'URL_FIELD_CONFLICT',
      `REDIS_${field}`,
      `REDIS_URL and REDIS_${field} disagree; REDIS_${field} wins.`,
      'Remove one of them, or make them agree.',
    ]),
  ],
  [
    'a URL and single fields that agree, or of which the URL says nothing',
    {
      REDIS_URL: 'redis://h.example',
      REDIS_HOST: 'h.example',
      REDIS_PORT: '6380',
      REDIS_DB: '4',
      REDIS_PASSWORD: 'c',
      REDIS_TLS: 'no',
    },
    [],
  ],
  [
    'a socket and a host',
    { REDIS_URL: 'unix:/run/redis.sock', REDIS_HOST: 'h.example' },
    [
      [
        'URL_FIELD_CONFLICT',
        'REDIS_HOST',
        'REDIS_URL and REDIS_HOST disagree; REDIS_HOST wins.',
        'Remove one of them, or make them agree.',
      ],
    ],
  ],
  [
    'a socket and a port',
    { REDIS_URL: 'unix:/run/redis.sock', REDIS_PORT: '6380' },
    [
      [
        'URL_FIELD_CONFLICT',
        'REDIS_PORT',
        'REDIS_URL names a socket, which has no port: REDIS_PORT says nothing.',
        'Remove one of them.',
      ],
    ],
  ],
  [
    'the default deployment named twice: the variable with its name wins',
    { REDIS_URL: 'redis://a.example', REDIS_MAIN_URL: 'redis://b.example' },
    [
      [
        'VARIABLES_DISAGREE',
        'REDIS_URL',
        'REDIS_URL and REDIS_MAIN_URL disagree; REDIS_MAIN_URL wins.',
        'Remove one of them, or make them agree.',
      ],
    ],
  ],
  ['the default deployment named twice with one value', { REDIS_DB: '1', REDIS_MAIN_DB: '1' }, []],
  [
    'an empty variable',
    { REDIS_PASSWORD: '' },
    [
      [
        'VARIABLE_EMPTY',
        'REDIS_PASSWORD',
        'REDIS_PASSWORD is set, but empty; it counts as not set.',
        'Set it, or remove it.',
      ],
    ],
  ],
  [
    'a variable and its file',
    { REDIS_PASSWORD: 'a', REDIS_PASSWORD_FILE: '/run/secrets/there' },
    [
      [
        'VARIABLE_AND_FILE',
        'REDIS_PASSWORD_FILE',
        'REDIS_PASSWORD and REDIS_PASSWORD_FILE are both set.',
        'Keep one of them.',
      ],
    ],
  ],
  [
    'a file that does not exist',
    { REDIS_PASSWORD_FILE: '/run/secrets/none' },
    [
      [
        'SECRET_UNRESOLVABLE',
        'REDIS_PASSWORD_FILE',
        'The file that REDIS_PASSWORD_FILE names does not exist.',
        'Set or mount it.',
      ],
    ],
  ],
  [
    'a port that Kubernetes set for a Service named redis',
    {
      REDIS_PORT: 'tcp://10.0.0.1:6379',
      REDIS_PORT_6379_TCP_PORT: '6379',
      REDIS_SERVICE_HOST: '10.0.0.1',
      REDIS_SERVICE_PORT: '6379',
    },
    [
      [
        'KUBERNETES_SERVICE_VARIABLE',
        'REDIS_PORT',
        'REDIS_PORT was set by Kubernetes for a Service of that name; it is ignored.',
        'Set `enableServiceLinks: false` in the pod, or rename the Service.',
      ],
    ],
  ],
  [
    'values that have not the wanted form',
    { REDIS_HOST: 'cafe:6379', REDIS_PORT: '070', REDIS_DB: '-1', REDIS_TLS: 'maybe' },
    [
      [
        'VARIABLE_INVALID',
        'REDIS_HOST',
        'REDIS_HOST: it is not a host name or an IP address alone.',
        'Give the host alone; the port goes to the variable that ends in _PORT, a URL to the one that ends in _URL.',
      ],
      ['VARIABLE_INVALID', 'REDIS_PORT', 'REDIS_PORT: it is not a port.', 'Give a whole number from 1 to 65535.'],
      ['VARIABLE_INVALID', 'REDIS_DB', 'REDIS_DB: it is not a database number.', 'Give 0, 1, ...'],
      ['VARIABLE_INVALID', 'REDIS_TLS', 'REDIS_TLS: it is neither true nor false.', 'Set true or false.'],
    ],
  ],
  [
    'an owner that looks like a known one',
    { REDIS_CAHCE_URL: 'redis://h' },
    [
      [
        'VARIABLE_UNKNOWN',
        'REDIS_CAHCE_URL',
        'REDIS_CAHCE_URL belongs to no deployment and no connection (did you mean CACHE?).',
        'Correct the name, or remove the variable.',
      ],
    ],
  ],
  [
    'names that people write for a field',
    { REDIS_PASSWROD: 'x', REDIS_CACHE_USER: 'x', REDIS_TLS_CA_FILE: '/x' },
    [
      ['REDIS_PASSWROD', 'REDIS_PASSWORD'],
      ['REDIS_CACHE_USER', 'REDIS_CACHE_USERNAME'],
      ['REDIS_TLS_CA_FILE', 'REDIS_CA_FILE'],
    ].map(([wrong, right]) => [
      'VARIABLE_UNKNOWN',
      `${wrong}`,
      `${wrong} is no setting, so it is not read (did you mean ${right}?).`,
      `Rename it to ${right}, or remove it.`,
    ]),
  ],
  [
    'what belongs to others',
    { REDIS_VERSION: '7', REDIS_DOWNLOAD_URL: 'http://x', REDIS_SERVER_BIN: '/x', REDISCLI_AUTH: 'x' },
    [],
  ],
])('tells about %s', (_title, variables, expected) => {
  expect(said({ variables, files: { '/run/secrets/there': 'x' } })).toEqual(expected);
});

test.each<[string, string]>([
  [
    'redis://user:p@ss@h:1',
    'The URL cannot be read; most often the password holds one of / # ? @ and is not percent-encoded.',
  ],
  [
    'redis://user:p/ss@h:1',
    'The URL cannot be read; most often the password holds one of / # ? @ and is not percent-encoded.',
  ],
  [
    'redis://user:p#ss@h:1',
    'The URL cannot be read; most often the password holds one of / # ? @ and is not percent-encoded.',
  ],
  [
    'redis://user:p?ss@h:1',
    'The URL cannot be read; most often the password holds one of / # ? @ and is not percent-encoded.',
  ],
  [
    'redis://h:1/0?connectTimeout=500',
    'The URL has a query or fragment; clients read it differently, and some crash on it.',
  ],
  ['redis://u:100%@h', 'User or password hold a % that is no percent-encoding.'],
  ['Redis://h', 'The scheme is in upper case; ioredis then silently connects without TLS.'],
  ['http://h', 'The URL has no scheme that Redis knows.'],
  ['h:6379', 'The URL has no scheme that Redis knows.'],
  ['redis://h\n', 'The URL begins or ends with white space.'],
  ['redis://h/db0', 'The path of the URL is not a database number.'],
  ['redis://h:0', 'The port in the URL is not a whole number from 1 to 65535.'],
  ['redis://a:1,b:2', 'The port in the URL is not a whole number from 1 to 65535.'],
  ['redis://my_host', 'The URL has no valid host.'],
  ['redis://', 'The URL has no valid host.'],
  ['redis://::1', 'The URL has no valid host.'],
  ['unix:run/x', 'The URL has no valid host.'],
])('refuses the URL %j and says why', (url, message) => {
  expect(said({ variables: { REDIS_URL: url } }).map(([code, , words]) => [code, words])).toEqual([
    ['URL_INVALID', `REDIS_URL: ${message}`],
  ]);
});

test('a host beside a socket is used, with its port', () => {
  const variables = { REDIS_URL: 'unix:/run/redis.sock', REDIS_HOST: 'h.example' };

  expect(deploymentOf(resolveDeclared({ variables })).addresses.host?.value).toEqual({ host: 'h.example', port: 6379 });
});

const SEVERAL = `version: 1
deployments: { first: { addresses: { any: "a.example:1" } }, second-one: { addresses: { any: "b.example:2" } } }
services: { backend: { connections: { default: { deployment: first }, jobs: { deployment: second-one } } } }
`;

test('a named deployment has variables of its own', () => {
  const resolved = resolveDeclared({
    catalog: SEVERAL,
    variables: { REDIS_SECOND_ONE_HOST: 'c.example', REDIS_FIRST_DB: '3' },
  });

  expect(deploymentOf(resolved, 'second-one').addresses.host?.value).toEqual({ host: 'c.example', port: 2 });
  expect(deploymentOf(resolved, 'first').addresses.host?.value).toEqual({ host: 'a.example', port: 1 });
  expect(connectionOf(resolved).db.value).toBe(3);
});

test('without a default deployment a variable that names none is an error', () => {
  expect(said({ catalog: SEVERAL, variables: { REDIS_URL: 'redis://h' } })).toEqual([
    [
      'CONNECTION_DEPLOYMENT_AMBIGUOUS',
      'REDIS_URL',
      'REDIS_URL is for the default deployment, but there are several deployments and none is named main or default.',
      'Set REDIS_<DEPLOYMENT>_... for one of: first, second-one.',
    ],
  ]);
});

test('a variable for connections that no service has is told, not dropped in silence', () => {
  expect(
    said({ catalog: SEVERAL, variables: { REDIS_CACHE_URL: 'redis://h' } }).map(([code, , message]) => [code, message]),
  ).toEqual([['VARIABLE_UNKNOWN', 'REDIS_CACHE_URL is for the connections named cache, but no service has one.']]);
});

test('the _FILE form of a variable gives the content of the file', () => {
  const files = { '/url': 'redis://u:p%40ss@h.example:6390/2', '/ca': '-----BEGIN CERTIFICATE-----' };
  const resolved = resolveDeclared({
    files,
    variables: { REDIS_URL_FILE: '/url', REDIS_CA_FILE: '/ca', REDIS_TLS: 'true' },
  });
  const { addresses, auth, tls } = deploymentOf(resolved);

  expect(addresses.host?.value).toEqual({ host: 'h.example', port: 6390 });
  expect([auth.username.value, auth.password.value?.reveal(), tls.ca.value?.reveal()]).toEqual([
    'u',
    'p@ss',
    '-----BEGIN CERTIFICATE-----',
  ]);
  expect(auth.password.origin).toEqual({ layer: 'process', variable: 'REDIS_URL_FILE' });
});

test.each<[string, Record<string, string>, string]>([
  ['REDIS_TLS', { REDIS_URL: 'rediss://h', REDIS_TLS: 'false', REDIS_CA: 'x' }, 'Set REDIS_TLS=true, or remove it.'],
  ['the URL', { REDIS_URL: 'redis://h', REDIS_CA: 'x' }, 'Write rediss:// in REDIS_URL, or remove it.'],
  ['nothing', { REDIS_CA: 'x' }, 'Set REDIS_TLS=true, or remove it.'],
])('I8: a certificate beside TLS that %s leaves off is no silent plain text', (_title, variables, fix) => {
  expect(resolveDeclared({ variables }).findings.filter(({ code }) => code === 'TLS_MATERIAL_UNUSED')).toEqual([
    {
      code: 'TLS_MATERIAL_UNUSED',
      severity: 'warning',
      path: 'deployments.main.tls.ca',
      origin: { layer: 'process', variable: 'REDIS_CA' },
      message: 'REDIS_CA sets deployments.main.tls.ca, but TLS is off.',
      fix,
    },
  ]);
});

test('TLS that the catalog leaves off beside a certificate is meant', () => {
  const catalog = `version: 1
deployments: { main: { addresses: { any: "h:1" }, tls: { enabled: false, ca: { file: /ca } } } }
services: { backend: {} }
`;

  expect(codesOf(resolveDeclared({ catalog }).findings)).toEqual(['ACCESS_MISSING']);
});

test('a wrong database of the deployment is told once, at the variable', () => {
  const catalog = `version: 1
services: { a: {}, b: {}, c: { connections: { default: { db: 99 } } } }
`;
  const { findings } = resolveDeclared({ catalog, variables: { REDIS_DB: '16' } });

  expect(
    findings
      .filter(({ code }) => code === 'DB_OUT_OF_RANGE')
      .map(({ path, origin, message }) => [path, origin, message]),
  ).toEqual([
    ['deployments.main.db', { layer: 'process', variable: 'REDIS_DB' }, 'Database 16 is chosen, but main has 0 to 15.'],
  ]);
});

test('which database: variable of the connection, then the connection, then variable and default of the deployment', () => {
  const catalog = (db: string) => `version: 1
services: { backend: { connections: { default: { ${db} }, cache: { ${db} }, queue: {} } } }
`;
  const databases = (declared: Declared) =>
    ['default', 'cache', 'queue'].map((name) => connectionOf(resolveDeclared(declared), name).db.value);

  expect(databases({ catalog: catalog('') })).toEqual([0, 0, 0]);
  expect(databases({ catalog: catalog(''), environment: 'test' })).toEqual([1, 1, 1]);
  expect(databases({ catalog: catalog('db: 5'), environment: 'test' })).toEqual([5, 5, 1]);
  expect(databases({ catalog: catalog('db: 5'), variables: { REDIS_DB: '6' } })).toEqual([6, 5, 6]);
  expect(
    databases({ catalog: catalog('db: 5'), variables: { REDIS_URL: 'redis://h/6', REDIS_CACHE_DB: '7' } }),
  ).toEqual([6, 7, 6]);
});
