import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { FaultCode } from '../../core/diagnosis/faults.ts';
import type { Address } from '../../core/target.ts';
import type { Budget } from './budget.ts';
import type { Endpoint } from './dial.ts';
import { fail, type Outcome, pass, skip } from './step-log.ts';

const LOOK_UP_MS = 2000;
/** More addresses of one name than these are not tried. */
const ADDRESSES_MAX = 4;

type Answer = { readonly addresses: readonly LookupAddress[] } | { readonly fault: FaultCode };

/**
 * getaddrinfo cannot be cancelled, and two that hang block every other look-up of the process: a host has never more
 * than one under way, and whoever asks meanwhile shares it.
 */
const pending = new Map<string, Promise<Answer>>();

/** The endpoints behind an address, in the order of the system. */
export async function lookUp(address: Address, budget: Budget): Promise<Outcome<readonly Endpoint[]>> {
  if ('path' in address) return skip([{ path: address.path }], 'the address needs no look-up');
  const { host, port } = address;
  if (isIP(host) !== 0) return skip([{ host, port }], 'the address needs no look-up');
  const answer = await budget.within(ask(host), LOOK_UP_MS);
  if (answer === null) return fail('DNS_TIMEOUT');
  if ('fault' in answer) return fail(answer.fault);
  return pass(answer.addresses.slice(0, ADDRESSES_MAX).map((found) => ({ host: found.address, port })));
}

function ask(host: string): Promise<Answer> {
  const shared = pending.get(host);
  if (shared !== undefined) return shared;
  const answer = askSystem(host).finally(() => pending.delete(host));
  pending.set(host, answer);
  return answer;
}

async function askSystem(host: string): Promise<Answer> {
  try {
    const addresses = await lookup(host, { all: true, order: 'verbatim' });
    return addresses.length === 0 ? { fault: 'DNS_NOT_FOUND' } : { addresses };
  } catch (error) {
    const isUnknown = error instanceof Error && 'code' in error && error.code === 'ENOTFOUND';
    return { fault: isUnknown ? 'DNS_NOT_FOUND' : 'DNS_TEMPORARY' };
  }
}
