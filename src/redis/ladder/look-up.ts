import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { FaultCode } from '../../core/diagnosis/faults.ts';
import type { Address } from '../../core/target.ts';
import { lookUpShared } from '../shared-lookup.ts';
import type { Budget } from './budget.ts';
import type { Endpoint } from './dial.ts';
import { fail, type Outcome, pass, skip } from './step-log.ts';

const LOOK_UP_MS = 2000;
/** More addresses of one name than these are not tried. */
const ADDRESSES_MAX = 4;

type Answer = { readonly addresses: readonly LookupAddress[] } | { readonly fault: FaultCode };

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

async function ask(host: string): Promise<Answer> {
  try {
    const addresses = await lookUpShared(host);
    return addresses.length === 0 ? { fault: 'DNS_NOT_FOUND' } : { addresses };
  } catch (error) {
    const isUnknown = error instanceof Error && 'code' in error && error.code === 'ENOTFOUND';
    return { fault: isUnknown ? 'DNS_NOT_FOUND' : 'DNS_TEMPORARY' };
  }
}
