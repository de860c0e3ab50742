import { createHash } from 'node:crypto';
import { formatAddress } from '../address.ts';
import type { ResolvedDeployment } from '../resolved.ts';

type Core = Omit<ResolvedDeployment, 'fingerprint'>;

/**
 * Hash of what must be the same for all who use a deployment: topology, addresses in every network, TLS.
 * No password and no private key goes in.
 */
export function fingerprintOf(deployment: Core): string {
  const { tls, sentinel, cluster } = deployment;
  const core = {
    topology: deployment.topology.value,
    addresses: sortedEntries(deployment.addresses, ({ value }) => formatAddress(value)),
    nodes: sortedEntries(sentinel?.nodes ?? cluster?.nodes ?? {}, ({ value }) => value.map(formatAddress)),
    master: sentinel?.master.value ?? null,
    sentinelTls: sentinel?.tls.value ?? null,
    natMap: sortedEntries(deployment.natMap, ({ value }) => sortedEntries(value, (address) => address)),
    tls: tls.enabled.value
      ? [tls.servername.value, tls.rejectUnauthorized.value, tls.minVersion.value, tls.ca.value?.reveal() ?? null]
      : null,
  };
  return createHash('sha256').update(JSON.stringify(core)).digest('hex').slice(0, 32);
}

function sortedEntries<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): [string, R][] {
  return Object.keys(record)
    .sort()
    .flatMap((key): [string, R][] => {
      const value = record[key];
      return value === undefined ? [] : [[key, map(value)]];
    });
}
