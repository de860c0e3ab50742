import { formatAddress, isLoopback } from '../address.ts';
import type { ResolvedAddress } from '../resolved.ts';
import { mentioned } from './addresses.ts';
import { type ResolveContext, report } from './context.ts';

type Addresses = Readonly<Record<string, ResolvedAddress>>;
type Tcp = { readonly host: string; readonly port: number };

function tcp(address: ResolvedAddress | undefined): Tcp | null {
  return address !== undefined && 'host' in address.value ? address.value : null;
}

/** Built-in defaults and the embedded Redis are what they are; only what somebody wrote can be mistaken. */
function isDeclared(address: ResolvedAddress | undefined): boolean {
  const layer = address?.leaves.host?.origin.layer;
  return layer !== undefined && layer !== 'environment-default' && layer !== 'embedded';
}

/**
 * The mix-ups of container and host: `localhost` in a container, the published port inside the container network,
 * the container's name or port on the host. The catalog knows both addresses, so the hint can name the right one.
 */
export function checkNetworks(addresses: Addresses, waived: boolean, path: string, context: ResolveContext): void {
  if (waived) return;
  checkContainer(addresses, path, context);
  checkHost(addresses, path, context);
}

function checkContainer(addresses: Addresses, path: string, context: ResolveContext): void {
  const container = addresses.container;
  const inside = tcp(container);
  if (container === undefined || inside === null || !isDeclared(container)) return;
  const origin = container.leaves.host?.origin ?? null;
  const place = { path: `${path}.addresses.container`, origin };
  const published = tcp(addresses.host);
  const others = mentioned(container).filter((other): other is Tcp => 'host' in other && !isLoopback(other.host));
  if (isLoopback(inside.host)) {
    const better =
      others[0] === undefined
        ? 'the service name and container port, for example dev-redis:6379'
        : formatAddress(others[0]);
    const port =
      published?.port === inside.port && inside.port !== 6379
        ? ` ${inside.port} is the port published to the host.`
        : '';
    const message = `${formatAddress(inside)} inside a container is the container itself.${port}`;
    report(
      context,
      'LOCALHOST_IN_CONTAINER',
      place,
      message,
      `Use ${better}; for a sidecar, waive it: ${path}.waive.localhost.`,
    );
    return;
  }
  const right = others.find((other) => other.port !== inside.port);
  if (published === null || inside.port !== published.port || !isLoopback(published.host)) return;
  if (inside.port === 6379 && right === undefined) return; // published under its own number
  const better = formatAddress(right ?? { host: inside.host, port: 6379 });
  const message = `${inside.port} is the port published to the host, not the one inside the container network.`;
  const portOrigin = container.leaves.port?.origin ?? origin;
  report(
    context,
    'PUBLISHED_PORT_IN_CONTAINER',
    { ...place, origin: portOrigin },
    message,
    `Use ${better} in the network container.`,
  );
}

function checkHost(addresses: Addresses, path: string, context: ResolveContext): void {
  const host = addresses.host;
  const outside = tcp(host);
  const inside = tcp(addresses.container);
  if (host === undefined || outside === null || inside === null || !isDeclared(host)) return;
  const place = { path: `${path}.addresses.host`, origin: host.leaves.host?.origin ?? null };
  const singleLabel = !outside.host.includes('.') && !outside.host.includes(':') && !isLoopback(outside.host);
  const known = mentioned(host).find((other): other is Tcp => 'host' in other && isLoopback(other.host));
  if (
    singleLabel &&
    outside.host === inside.host &&
    host.value !== addresses.container?.value &&
    isDeclared(addresses.container)
  ) {
    const better = known === undefined ? 'localhost and the published port' : formatAddress(known);
    const message = `${outside.host} is the name inside the container network; the host does not know it.`;
    report(context, 'CONTAINER_ADDRESS_ON_HOST', place, message, `Use ${better} in the network host.`);
    return;
  }
  const right = mentioned(host).find(
    (other): other is Tcp => 'host' in other && other.port !== outside.port && isLoopback(other.host),
  );
  if (isLoopback(outside.host) && outside.port === inside.port && right !== undefined) {
    const message = `${outside.port} is the port inside the container network, not the one published to the host.`;
    report(context, 'CONTAINER_ADDRESS_ON_HOST', place, message, `Use ${formatAddress(right)} in the network host.`);
  }
}
