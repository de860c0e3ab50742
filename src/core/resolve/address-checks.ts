import { DEFAULT_PORT, formatAddress, isLoopback } from '../address.ts';
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
  const { container } = addresses;
  const inside = tcp(container);
  if (container === undefined || inside === null || !isDeclared(container)) return;
  const others = mentioned(container).filter((other): other is Tcp => 'host' in other && !isLoopback(other.host));
  const place = { path: `${path}.addresses.container`, origin: container.leaves.host?.origin ?? null };
  const published = tcp(addresses.host);
  if (isLoopback(inside.host)) {
    const better = others[0] === undefined ? SERVICE_NAME : formatAddress(others[0]);
    const isPublished = published?.port === inside.port && inside.port !== DEFAULT_PORT;
    const hint = isPublished ? ` ${inside.port} is the port published to the host.` : '';
    const message = `${formatAddress(inside)} inside a container is the container itself.${hint}`;
    const fix = `Use ${better}; for a sidecar, waive it: ${path}.waive.localhost.`;
    report(context, 'LOCALHOST_IN_CONTAINER', place, message, fix);
    return;
  }
  const right = others.find((other) => other.port !== inside.port);
  if (published === null || inside.port !== published.port || !isLoopback(published.host)) return;
  if (inside.port === DEFAULT_PORT && right === undefined) return; // published under its own number
  const better = formatAddress(right ?? { host: inside.host, port: DEFAULT_PORT });
  const portPlace = { ...place, origin: container.leaves.port?.origin ?? place.origin };
  const message = `${inside.port} is the port published to the host, not the one inside the container network.`;
  report(context, 'PUBLISHED_PORT_IN_CONTAINER', portPlace, message, `Use ${better} in the network container.`);
}

const SERVICE_NAME = 'the service name and container port, for example dev-redis:6379';

function checkHost(addresses: Addresses, path: string, context: ResolveContext): void {
  const { host, container } = addresses;
  const outside = tcp(host);
  const inside = tcp(container);
  if (host === undefined || outside === null || inside === null || !isDeclared(host)) return;
  const place = { path: `${path}.addresses.host`, origin: host.leaves.host?.origin ?? null };
  const known = mentioned(host).filter((other): other is Tcp => 'host' in other && isLoopback(other.host));
  if (isSingleLabel(outside.host) && outside.host === inside.host && !isOneEntry(host, container)) {
    const better = known[0] === undefined ? 'localhost and the published port' : formatAddress(known[0]);
    const message = `${outside.host} is the name inside the container network; the host does not know it.`;
    report(context, 'CONTAINER_ADDRESS_ON_HOST', place, message, `Use ${better} in the network host.`);
    return;
  }
  const right = known.find((other) => other.port !== outside.port);
  if (isLoopback(outside.host) && outside.port === inside.port && right !== undefined) {
    const message = `${outside.port} is the port inside the container network, not the one published to the host.`;
    report(context, 'CONTAINER_ADDRESS_ON_HOST', place, message, `Use ${formatAddress(right)} in the network host.`);
  }
}

function isSingleLabel(host: string): boolean {
  return !host.includes('.') && !host.includes(':') && !isLoopback(host);
}

/** One entry, `any`, serves both networks: a managed Redis has one name everywhere. */
function isOneEntry(a: ResolvedAddress, b: ResolvedAddress | undefined): boolean {
  return a.leaves.host?.origin === b?.leaves.host?.origin;
}
