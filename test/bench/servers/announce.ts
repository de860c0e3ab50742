import type { AddressInfo } from 'node:net';

/** Tells the bench where this server listens, in the words of the service's own log line. */
export function announce(address: AddressInfo | string | null): void {
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${address.port}` })}\n`);
}
