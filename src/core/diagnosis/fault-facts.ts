import type { Address, ConnectionTarget } from '../target.ts';

/** What the texts of a fault may be composed from. None of it is secret, and nothing else reaches a text. */
export interface FaultFacts {
  /** Null where a fault precedes any address. */
  readonly address: Address | null;
  /** Where else the same server listens, by network. */
  readonly otherAddresses: Readonly<Record<string, Address>>;
  /** The network in which this process runs. */
  readonly network: string;
  readonly db: number;
  readonly hasUsername: boolean;
  readonly hasPassword: boolean;
  /** The name that the certificate must carry; null: the host of the address. */
  readonly servername: string | null;
  readonly hasClientCertificate: boolean;
}

export function factsOf(target: ConnectionTarget): FaultFacts {
  return {
    address: target.address,
    otherAddresses: target.otherAddresses,
    network: target.network,
    db: target.db,
    hasUsername: target.username !== null,
    hasPassword: target.password !== null && !target.password.isEmpty,
    servername: target.tls?.servername ?? null,
    hasClientCertificate: target.tls !== null && target.tls.cert !== null,
  };
}

/** `dev-redis:6379`, `[::1]:6379`, `unix:/run/redis.sock`. */
export function formatAddress(address: Address): string {
  if ('path' in address) return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

/** The address in a sentence. */
export function placeOf(facts: FaultFacts): string {
  return facts.address === null ? 'the declared address' : formatAddress(facts.address);
}

/** The host in a sentence. */
export function hostOf(facts: FaultFacts): string {
  return facts.address !== null && 'host' in facts.address ? facts.address.host : placeOf(facts);
}

/** True for a name without a dot, which only a container network or a search domain can resolve. */
export function isSingleLabel(facts: FaultFacts): boolean {
  const host = hostOf(facts);
  return facts.address !== null && 'host' in facts.address && !host.includes('.') && !host.includes(':');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function publishedHint(facts: FaultFacts): string | null {
  const { address } = facts;
  if (address === null || 'path' in address) return null;
  const owner = Object.entries(facts.otherAddresses).find(
    ([network, other]) => network !== facts.network && 'port' in other && other.port === address.port,
  );
  if (owner === undefined) return null;
  const use = facts.network === 'container' ? 'the port of the container itself' : 'its own port';
  return `${address.port} is the port for the network "${owner[0]}"; in the network "${facts.network}" the server has ${use}.`;
}

function loopbackHint(facts: FaultFacts): string | null {
  if (facts.network !== 'container' || !isLoopback(hostOf(facts))) return null;
  return `${hostOf(facts)} inside a container is the container itself: use the name of the Redis service.`;
}

function knownHint(facts: FaultFacts): string | null {
  const here = facts.address === null ? '' : formatAddress(facts.address);
  const own = facts.otherAddresses[facts.network];
  if (own !== undefined && formatAddress(own) !== here) {
    return `In the network "${facts.network}" use ${formatAddress(own)}.`;
  }
  const known = Object.entries(facts.otherAddresses)
    .filter(([network, other]) => network !== facts.network && formatAddress(other) !== here)
    .map(([network, other]) => `${formatAddress(other)} in the network "${network}"`);
  if (known.length === 0) return null;
  return `This process runs in the network "${facts.network}"; the same server is also declared as ${known.join(' and ')}.`;
}

/** What the other declared addresses tell about a wrong one, as sentences with a leading blank; empty when nothing. */
export function addressHints(facts: FaultFacts): string {
  return [loopbackHint(facts), publishedHint(facts), knownHint(facts)]
    .filter((hint) => hint !== null)
    .map((hint) => ` ${hint}`)
    .join('');
}
