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
