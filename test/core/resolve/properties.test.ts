import fc from 'fast-check';
import { dump } from 'js-yaml';
import { expect, test } from 'vitest';
import { type RenderedService, renderService } from '../../../src/core/render/configuration.ts';
import { explainDeployment, explainService } from '../../../src/core/render/explanation.ts';
import { type Declared, inputOf, type Resolved, resolveDeclared } from '../resolving.ts';

const NETWORKS = ['container', 'host', 'vpn'] as const;
const DEPLOYMENTS = ['main', 'other', 'third'] as const;

const host = fc.constantFrom('a.example', 'b.example', 'dev-redis', 'localhost', '[::1]');
const port = fc.integer({ min: 1, max: 65_535 });
const address = fc.tuple(host, port).map(([name, number]) => `${name}:${number}`);
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const record = <K extends string, T>(keys: readonly K[], value: fc.Arbitrary<T>) =>
  fc.record(Object.fromEntries(keys.map((key) => [key, value])) as Record<K, typeof value>, { requiredKeys: [] });

const standalone = fc.record({
  addresses: fc.record({ container: address, host: address, vpn: address }),
  auth: optional(
    fc.record({
      username: fc.string({ minLength: 1, maxLength: 8 }),
      password: fc.string({ minLength: 1, maxLength: 8 }),
    }),
  ),
  tls: optional(
    fc.record({
      enabled: fc.boolean(),
      rejectUnauthorized: fc.boolean(),
      servername: fc.constantFrom('x.example', 'y.example'),
    }),
  ),
  databases: fc.constant(16),
});
const sentinel = fc.record({
  topology: fc.constant('sentinel'),
  sentinel: fc.record({
    master: fc.constantFrom('m', 'n'),
    nodes: fc.array(address, { minLength: 1, maxLength: 3 }),
    tls: fc.boolean(),
  }),
});
const cluster = fc.record({
  topology: fc.constant('cluster'),
  nodes: fc.array(address, { minLength: 1, maxLength: 3 }),
});
const deployment = fc.oneof({ weight: 4, arbitrary: standalone }, sentinel, cluster);

const connection = fc.record(
  {
    deployment: fc.constantFrom(...DEPLOYMENTS),
    db: fc.integer({ min: 0, max: 15 }),
    keyPrefix: fc.string({ maxLength: 5 }),
    workload: fc.constantFrom('cache', 'queue'),
    pool: fc.record({ max: fc.integer({ min: 1, max: 50 }) }),
  },
  { requiredKeys: ['deployment'] },
);
const service = fc.record({
  connections: record(['cache', 'session', 'queue', 'default'], connection).filter(
    (each) => Object.keys(each).length > 0,
  ),
});
const catalog = fc.record({
  version: fc.constant(1),
  deployments: fc.record({ main: deployment, other: deployment, third: standalone }),
  services: record(['backend', 'auth', 'payments'], service).filter((each) => Object.keys(each).length > 0),
  environments: fc.record(
    { development: fc.record({ deployments: record(['main'], deployment) }, { requiredKeys: [] }) },
    { requiredKeys: [] },
  ),
});
const variables = record(
  ['REDIS_HOST', 'REDIS_MAIN_HOST', 'REDIS_OTHER_HOST'],
  fc.constantFrom('v.example', 'localhost'),
);

const declared: fc.Arbitrary<Declared> = fc
  .record({ document: catalog, variables, network: fc.constantFrom(...NETWORKS) })
  .map(({ document, ...rest }) => ({ catalog: dump(document, { skipInvalid: true }), ...rest }));

/** What all users of a deployment must agree on, as it is served. */
interface Core {
  readonly deployment: string;
  readonly fingerprint: string;
  readonly topology: string;
  readonly nodes: unknown;
  readonly sentinel: unknown;
  readonly natMap: unknown;
  readonly tls: unknown;
}

function connectionsOf(rendered: RenderedService): Core[] {
  return rendered.ok ? rendered.connections.map(([, json]) => JSON.parse(json) as Core) : [];
}

function coreOf({ topology, nodes, sentinel: sentinels, natMap, tls }: Core): unknown {
  return { topology, nodes, sentinel: sentinels, natMap, tls };
}

/** The connections that a resolution serves in a network, by their deployment. */
function servedByDeployment(resolved: Resolved, network: string): Map<string, Core[]> {
  const all = resolved.services.flatMap((each) => connectionsOf(renderService(each, resolved.deployments, network)));
  return Map.groupBy(all, ({ deployment: name }) => name);
}

test('I3: all connections on a deployment have the same core in a network', () => {
  fc.assert(
    fc.property(declared, (input) => {
      const resolved = resolveDeclared(input);
      for (const network of resolved.networks)
        for (const served of servedByDeployment(resolved, network).values())
          expect(new Set(served.map((each) => JSON.stringify(coreOf(each)))).size).toBe(1);
    }),
    { numRuns: 150 },
  );
});

test('I3: a deployment has one fingerprint, in every network and for every service', () => {
  fc.assert(
    fc.property(declared, (input) => {
      const resolved = resolveDeclared(input);
      const pairs = resolved.networks.flatMap((network) =>
        [...servedByDeployment(resolved, network).values()]
          .flat()
          .map((each) => `${each.deployment} ${each.fingerprint}`),
      );

      expect(new Set(pairs).size).toBe(new Set(pairs.map((pair) => pair.split(' ')[0])).size);
    }),
    { numRuns: 150 },
  );
});

test('I3: the same fingerprint means the same core, another core another fingerprint', () => {
  fc.assert(
    fc.property(declared, (input) => {
      const resolved = resolveDeclared(input);
      const core = ({
        name: _,
        fingerprint: __,
        db: ___,
        auth,
        databases,
        thresholds,
        waive,
        ...rest
      }: Record<string, unknown>) =>
        JSON.stringify(rest, (key, value: unknown) => (key === 'origin' || key === 'shadowed' ? undefined : value));
      const all = [...resolved.deployments.values()].map(
        (each) => [each.fingerprint, core({ ...each, tls: each.tls.enabled.value ? each.tls : null })] as const,
      );

      for (const [fingerprint, text] of all)
        expect(all.filter((other) => other[0] === fingerprint).map((other) => other[1])).toEqual(
          all.filter((other) => other[1] === text).map((other) => other[1]),
        );
    }),
    { numRuns: 150 },
  );
});

test('I3: the fingerprint is another one where one address, TLS or the CA is another', () => {
  const of = (main: string): string => {
    const text = `version: 1\ndeployments: { main: { ${main} } }\nservices: { backend: {} }\n`;
    return resolveDeclared({ catalog: text }).deployments.get('main')?.fingerprint ?? '';
  };
  const pem = (text: string) => `tls: { enabled: true, ca: "-----BEGIN CERTIFICATE-----${text}" }`;
  const changed = [
    of('addresses: { any: "a:1" }'),
    of('addresses: { any: "a:2" }'),
    of('addresses: { any: "a:1", vpn: "b:1" }'),
    of('addresses: { any: "a:1" }, tls: { enabled: true }'),
    of(`addresses: { any: "a:1" }, ${pem('1')}`),
    of(`addresses: { any: "a:1" }, ${pem('2')}`),
    of('topology: cluster, nodes: ["a:1"]'),
  ];

  expect(new Set(changed).size).toBe(changed.length);
  expect(of('addresses: { any: "a:1" }, auth: { password: x }, tls: { enabled: false, servername: y }')).toBe(
    changed[0],
  );
});

/** Everything that a resolution says, as text. */
function describe(resolved: Resolved): string {
  return JSON.stringify([
    resolved.findings,
    resolved.networks,
    [...resolved.deployments.values()].map(explainDeployment),
    resolved.services.map(explainService),
    resolved.services.flatMap((each) =>
      resolved.networks.map((network) => renderService(each, resolved.deployments, network)),
    ),
  ]);
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const child of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(child);
}

test('the same input gives the same output, and stays as it was', () => {
  fc.assert(
    fc.property(declared, (given) => {
      const input = inputOf(given);
      deepFreeze(input);

      expect(describe(resolveDeclared(input))).toBe(describe(resolveDeclared(inputOf(given))));
    }),
    { numRuns: 100 },
  );
});

test('I4: every leaf of the explanation has an origin, or is computed from those that have one', () => {
  fc.assert(
    fc.property(declared, (input) => {
      const resolved = resolveDeclared(input);
      const view =
        JSON.stringify([...resolved.deployments.values()].map(explainDeployment)) +
        JSON.stringify(resolved.services.map(explainService));

      expect(view.match(/"origin":(?!null|\{"layer":)/g)).toBe(null);
      expect(view.match(/"origin":null/g)).toHaveLength(
        resolved.deployments.size + resolved.services.flatMap(({ connections }) => connections).length,
      );
    }),
    { numRuns: 50 },
  );
});
