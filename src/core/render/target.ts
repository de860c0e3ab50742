import { ownEntry } from '../own-entry.ts';
import type { ResolvedConnection, ResolvedDeployment } from '../resolved.ts';
import type { Address, ConnectionTarget } from '../target.ts';
import { plain } from './configuration.ts';

/** For a deployment that no connection uses: enough to watch it. */
const UNUSED = {
  pool: { min: 0, max: 1, idleTimeoutMs: 30_000, acquireTimeoutMs: 2000 },
  timeouts: { connectMs: 5000, commandMs: 2000, keepAliveMs: 30_000 },
} as const;

/**
 * How this process talks to a standalone deployment: with the very values that consumers get.
 * Null where it is not standalone, or has no address in the network.
 */
export function targetOf(
  deployment: ResolvedDeployment,
  connection: Pick<ResolvedConnection, 'pool' | 'timeouts'> | null,
  db: number,
  network: string,
): ConnectionTarget | null {
  const address = ownEntry(deployment.addresses, network)?.value;
  if (deployment.topology.value !== 'standalone' || address === undefined) return null;
  const { tls, auth } = deployment;
  const others = Object.entries(deployment.addresses).filter(([name]) => name !== network);
  return {
    deployment: deployment.name,
    address,
    otherAddresses: Object.fromEntries(others.map(([name, { value }]): [string, Address] => [name, value])),
    network,
    db,
    username: auth.username.value,
    password: auth.password.value,
    tls: tls.enabled.value
      ? {
          ca: tls.ca.value,
          cert: tls.cert.value,
          key: tls.key.value,
          servername: tls.servername.value,
          rejectUnauthorized: tls.rejectUnauthorized.value,
          minVersion: tls.minVersion.value,
        }
      : null,
    clientName: `redis-beacon:${deployment.name}`,
    pool: connection === null ? UNUSED.pool : plain(connection.pool),
    timeouts: connection === null ? UNUSED.timeouts : plain(connection.timeouts),
  };
}
