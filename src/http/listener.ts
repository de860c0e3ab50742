import type { Network } from '../catalog/network.ts';
import { isLoopback } from '../core/address.ts';
import { isStrict } from '../core/environment.ts';
import type { Settings } from '../settings.ts';

/** Where to listen, and whom that lets in. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Only this machine, or only the network of the containers, can reach it. */
  readonly isPrivate: boolean;
  readonly loopbackHostsOnly: boolean;
}

/** 127.0.0.1 unless told otherwise; 0.0.0.0 inside a container, where the container's network is the border. */
export function chooseListener(settings: Settings, network: Network): Listener {
  const inContainer = network.name === 'container';
  const host = settings.HOST ?? (inContainer ? '0.0.0.0' : '127.0.0.1');
  const loopback = isLoopback(host) && host !== '0.0.0.0' && host !== '::';
  return {
    host,
    port: settings.PORT,
    isPrivate: loopback || inContainer,
    loopbackHostsOnly: loopback && !isStrict(settings.environment.name),
  };
}

const LISTEN_ERRORS: ReadonlyMap<unknown, readonly [path: string, message: string, fix: string]> = new Map([
  ['EADDRINUSE', ['PORT', 'The port is in use.', 'Stop what listens there, or set PORT to another one.']],
  ['EACCES', ['PORT', 'This user may not listen on the port.', 'Set PORT to a number above 1023.']],
  [
    'EADDRNOTAVAIL',
    ['HOST', 'This machine does not have the address.', 'Set HOST to 127.0.0.1 or to an address of this machine.'],
  ],
  ['ENOTFOUND', ['HOST', 'HOST is no known name.', 'Set HOST to 127.0.0.1 or to an address of this machine.']],
]);

/** Why the listener does not open, if it is one of the usual reasons. */
export function describeListenError(
  error: unknown,
): { path: string; origin: null; message: string; fix: string } | null {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const words = LISTEN_ERRORS.get(code);
  if (words === undefined) return null;
  const [path, message, fix] = words;
  return { path, origin: null, message, fix };
}
