import { parseAddress } from '../core/address.ts';
import { isStrict } from '../core/environment.ts';
import { DEFAULT_ADDRESSES } from '../core/resolve/defaults.ts';
import type { Address } from '../core/target.ts';
import type { Settings } from '../settings.ts';
import type { RedisServer } from '../testing/redis-server.ts';
import type { Network } from './network.ts';
import type { Sources } from './sources.ts';

/** The Redis that this process started, or why it started none. */
export interface DevelopmentRedis extends AsyncDisposable {
  readonly address: Address;
  readonly pid: number;
}

export type DevelopmentChoice =
  | { readonly started: DevelopmentRedis }
  | { readonly started: null; readonly because: 'off' | 'strict' | 'configured' }
  | { readonly started: null; readonly because: 'listening'; readonly address: string }
  /** No redis-server could be found or started; `cause` is our own sentence with what to do. */
  | { readonly started: null; readonly because: 'unavailable'; readonly cause: string };

const PROBE_MS = 300;

/**
 * A real Redis where nothing is configured (`BEACON_EMBEDDED_REDIS=auto`): never outside development and test, never
 * beside a catalog or a `REDIS_*` variable, never where something listens on the default address already.
 */
export async function provideDevelopmentRedis(
  settings: Settings,
  network: Network,
  sources: Sources,
  log: (line: string) => void,
): Promise<DevelopmentChoice> {
  if (settings.BEACON_EMBEDDED_REDIS === 'off') return { started: null, because: 'off' };
  if (isStrict(settings.environment.name)) return { started: null, because: 'strict' };
  if (isConfigured(settings, sources)) return { started: null, because: 'configured' };
  const { somethingListens } = await import('../testing/listens.ts');
  const text = DEFAULT_ADDRESSES[settings.environment.name]?.[network.name];
  const usual = text === undefined ? null : parseAddress(text);
  if (usual?.ok && 'host' in usual.address && (await somethingListens(usual.address, PROBE_MS)))
    return { started: null, because: 'listening', address: text ?? '' };
  const { startEmbeddedRedis } = await import('../testing/embedded-redis.ts');
  try {
    return { started: toDevelopmentRedis(await startEmbeddedRedis({ log })) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { started: null, because: 'unavailable', cause: error.message };
  }
}

function toDevelopmentRedis(server: RedisServer): DevelopmentRedis {
  return {
    address: { host: server.host, port: server.port },
    pid: server.pid,
    [Symbol.asyncDispose]: () => server.stop(),
  };
}

function isConfigured(settings: Settings, sources: Sources): boolean {
  if (settings.BEACON_CATALOG !== undefined || sources.catalog !== null || sources.problems.length > 0) return true;
  return sources.variables.some(({ variables }) =>
    [...variables].some(([name, { value }]) => /^REDIS_.+/.test(name) && name !== 'REDIS_SERVER_BIN' && !value.isEmpty),
  );
}
