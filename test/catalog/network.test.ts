import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { detectNetwork } from '../../src/catalog/network.ts';

test.each<[string, string | undefined, Record<string, string>, object]>([
  ['what is declared', 'vpn', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, { name: 'vpn', detectedFrom: 'BEACON_NETWORK' }],
  [
    'a pod',
    undefined,
    { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    { name: 'container', detectedFrom: 'KUBERNETES_SERVICE_HOST' },
  ],
  [
    'a task of ECS',
    undefined,
    { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4' },
    { name: 'container', detectedFrom: 'ECS_CONTAINER_METADATA_URI_V4' },
  ],
])('detects the network from %s', (_title, declared, variables, expected) => {
  expect(detectNetwork(declared, variables)).toEqual(expected);
});

test('without a sign in the variables the traces of a container engine decide', () => {
  const trace = ['/.dockerenv', '/run/.containerenv'].find((file) => existsSync(file));

  expect(detectNetwork(undefined, {})).toEqual(
    trace === undefined
      ? { name: 'host', detectedFrom: 'no trace of a container' }
      : { name: 'container', detectedFrom: trace },
  );
});
