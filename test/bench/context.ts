import type { RedisServer } from '../../src/testing/redis-server.ts';
import type { Load } from './load/load.ts';
import type { Plan } from './rounds.ts';

/** What every measurement works with. */
export interface BenchContext {
  readonly redis: RedisServer;
  readonly load: Load;
  readonly plan: Plan;
  /** Starts of a process that are compared. */
  readonly starts: number;
  /** Reloads that are watched. */
  readonly reloads: number;
}
