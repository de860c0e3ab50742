import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

/**
 * getaddrinfo cannot be cancelled, and two that hang block every other look-up of the process: a host has never more
 * than one under way, and whoever asks meanwhile shares it.
 */
const pending = new Map<string, Promise<readonly LookupAddress[]>>();

/** All addresses of a host in the order of the system. Rejects with the system's error. */
export function lookUpShared(host: string): Promise<readonly LookupAddress[]> {
  const shared = pending.get(host);
  if (shared !== undefined) return shared;
  const answer = lookup(host, { all: true, order: 'verbatim' }).finally(() => pending.delete(host));
  pending.set(host, answer);
  return answer;
}

/** The same for `net.connect` and `tls.connect`. */
export const sharedLookup: LookupFunction = (host, options, callback) => {
  lookUpShared(host).then(
    (addresses) => {
      const usable = addresses.filter(({ family }) => !options.family || family === options.family);
      const first = usable[0];
      if (first === undefined)
        callback(Object.assign(new Error('no address of this family'), { code: 'ENOTFOUND' }), '');
      else if (options.all) callback(null, [...usable]);
      else callback(null, first.address, first.family);
    },
    (error: NodeJS.ErrnoException) => callback(error, ''),
  );
};
