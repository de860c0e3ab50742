import { type RedisServer, startRedis } from './redis-server.ts';

/**
 * The Redis of a development machine where nothing is configured: real, on loopback and a free port, forgetting all at
 * its end. Small and without eviction, so that a service that fills it notices. Throws when there is no redis-server.
 */
export function startEmbeddedRedis(options: { readonly log?: (line: string) => void } = {}): Promise<RedisServer> {
  return startRedis({ ...options, args: ['--maxmemory', '64mb', '--maxmemory-policy', 'noeviction'] });
}
