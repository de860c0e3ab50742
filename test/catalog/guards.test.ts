import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { type Beacon, startBeacon } from '../support/service.ts';
import { until } from '../support/until.ts';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.stop());

const named = (...names: string[]): Record<string, object> => Object.fromEntries(names.map((name) => [name, {}]));

function catalog(services: object | undefined, changes: object = {}): object {
  const addresses = { host: `127.0.0.1:${redis.port}` };
  return { version: 1, deployments: { main: { addresses } }, services, ...changes };
}

const refusalOf = async (beacon: Beacon) => (await beacon.ask('/debug/redis-config')).json.catalog.refused;

async function namesOf(beacon: Beacon): Promise<string[]> {
  return (await beacon.ask('/config')).json.services.map(({ name }: { name: string }) => name);
}

describe('an update that loses more than half of the services is refused', () => {
  test.each([
    ['three of four', named('a')],
    ['all of them, by an empty mapping', {}],
    ['all of them, by a missing section', undefined],
    ['four of four, though four others come', named('e', 'f', 'g', 'h')],
  ])('%s', async (_what, services) => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog(named('a', 'b', 'c', 'd')) } });
    await beacon.write('catalog.yaml', catalog(services));
    const { reasons } = await until(() => refusalOf(beacon));
    expect(reasons[0]).toMatchObject({ code: 'CATALOG_REMOVAL', fix: expect.stringContaining('allowRemoval: true') });
    expect(await namesOf(beacon)).toEqual(['a', 'b', 'c', 'd']);
  });

  test('two of four are taken', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog(named('a', 'b', 'c', 'd')) } });
    await beacon.write('catalog.yaml', catalog(named('a', 'b')));
    await until(async () => (await namesOf(beacon)).length === 2);
    expect(await refusalOf(beacon)).toBeNull();
  });

  test('more are taken where the file allows it', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog(named('a', 'b', 'c', 'd')) } });
    await beacon.write('catalog.yaml', catalog(named('z'), { allowRemoval: true }));
    await until(async () => (await namesOf(beacon)).join() === 'z');
    expect(await refusalOf(beacon)).toBeNull();
  });

  test('allowed or not, what is invalid stays refused', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog(named('a', 'b', 'c', 'd')) } });
    const services = { a: { connections: { x: { deployment: 'nope' } } } };
    await beacon.write('catalog.yaml', catalog(services, { allowRemoval: true, deployments: { main: {}, other: {} } }));
    const { reasons } = await until(() => refusalOf(beacon));
    expect(reasons.map(({ code }: { code: string }) => code)).toContain('DEPLOYMENT_UNKNOWN');
    expect(await namesOf(beacon)).toHaveLength(4);
  });
});

describe('an update that loses all deployments is refused', () => {
  const other = () => ({ deployments: { replaced: { addresses: { host: `127.0.0.1:${redis.port}` } } } });

  test('unless the file allows it', async () => {
    await using beacon = await startBeacon({ files: { 'catalog.yaml': catalog(named('a', 'b')) } });
    await beacon.revision(2);
    await beacon.write('catalog.yaml', catalog(named('a', 'b'), other()));
    const { reasons } = await until(() => refusalOf(beacon));
    expect(reasons).toMatchObject([{ code: 'CATALOG_REMOVAL', message: 'The update removes all deployments.' }]);
    await beacon.write('catalog.yaml', catalog(named('a', 'b'), { ...other(), allowRemoval: true }));
    await beacon.revision(3);
    const { json } = await beacon.ask('/config/a');
    expect(json.connections.default.deployment).toBe('replaced');
    expect(await refusalOf(beacon)).toBeNull();
  });

  test('also where they stand in the overlay of the environment', async () => {
    const overlay = (deployments: object) => ({
      version: 1,
      services: named('a'),
      environments: { development: { deployments } },
    });
    const addresses = { host: `127.0.0.1:${redis.port}` };
    await using beacon = await startBeacon({ files: { 'catalog.yaml': overlay({ one: { addresses } }) } });
    await beacon.write('catalog.yaml', overlay({ two: { addresses } }));
    const { reasons } = await until(() => refusalOf(beacon));
    expect(reasons).toMatchObject([{ code: 'CATALOG_REMOVAL' }]);
  });
});
