import type { Socket } from 'node:net';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import type { FaultCode } from '../core/diagnosis/faults.ts';
import type { ConnectionTarget } from '../core/target.ts';
import { TIMED_OUT, within } from './deadline.ts';
import { faultCodeOf, isErrorReply } from './error-codes.ts';
import { readTlsMaterial, type TlsMaterial } from './ladder/tls-material.ts';
import { openSocket, type TlsFacts, tlsFactsOf } from './socket.ts';

export type ConnectResult =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly code: FaultCode };

/** `answered`: the server itself refused the command; the connection is still usable. */
export type CommandResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: FaultCode; readonly answered: boolean };

export interface ConnectOptions {
  /** For name, TCP, TLS and the whole handshake together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Connects, authenticates and selects the database. Failures are values with a code of the catalogue; texts of
 * ioredis and of the server end here. The connection never reconnects by itself.
 */
export async function openConnection(
  target: ConnectionTarget,
  { timeoutMs, signal }: ConnectOptions,
): Promise<ConnectResult> {
  const material = target.tls === null ? null : readTlsMaterial(target, target.tls);
  if (target.tls !== null && material === null) return { ok: false, code: 'TLS_LOCAL_MATERIAL_INVALID' };
  const link = createLink(target, material);
  const code = await within(handshake(link, target.db), timeoutMs, signal);
  if (code === null) return { ok: true, connection: new Connection(link) };
  const reason = code === TIMED_OUT ? stalledAt(link) : code;
  link.redis.disconnect();
  return { ok: false, code: reason };
}

/** One authenticated socket in the selected database. Commands are answered in order. */
export class Connection {
  readonly #link: Link;
  readonly #closed = Promise.withResolvers<void>();
  readonly tls: TlsFacts | null;
  #open = true;

  /** Use {@link openConnection}. */
  constructor(link: Link) {
    this.#link = link;
    const socket = link.socket();
    this.tls = socket === null ? null : tlsFactsOf(socket);
    link.redis.once('close', () => this.#close());
    if (link.redis.status !== 'ready') this.#close();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Resolves when the connection is gone, by whosever wish. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** The caller brings the deadline; what is still unanswered then can only be got rid of by {@link destroy}. */
  async send(command: string, ...args: string[]): Promise<CommandResult> {
    try {
      return { ok: true, value: await this.#link.redis.call(command, ...args) };
    } catch (error) {
      return { ok: false, code: faultCodeOf(error), answered: isErrorReply(error) };
    }
  }

  /** Ends at once; whatever waits for an answer gets a failure. */
  destroy(): void {
    this.#link.redis.disconnect();
    this.#close();
  }

  #close(): void {
    this.#open = false;
    this.#closed.resolve();
  }
}

interface Link {
  readonly redis: Redis;
  readonly socket: () => Socket | null;
  /** The first error is the cause; what follows are its consequences. */
  readonly firstFault: () => FaultCode | null;
}

function createLink(target: ConnectionTarget, material: TlsMaterial | null): Link {
  let socket: Socket | null = null;
  let fault: FaultCode | null = null;
  const remember = (error: Error) => {
    fault ??= faultCodeOf(error);
  };
  class TargetConnector extends AbstractConnector {
    constructor(_options: unknown) {
      super(0);
    }

    override async connect(): Promise<Socket> {
      socket = openSocket(target, material).once('error', remember);
      this.stream = socket;
      return socket;
    }

    /** At once: the original waits two seconds for the other end. */
    override disconnect(): void {
      socket?.destroy();
    }
  }
  const redis = new Redis(redisOptions(target, TargetConnector));
  redis.on('error', remember);
  return { redis, socket: () => socket, firstFault: () => fault };
}

function redisOptions(target: ConnectionTarget, Connector: new (options: unknown) => AbstractConnector) {
  const { username, password, timeouts } = target;
  return {
    // The socket is ours; ioredis only needs to know which event says that it is connected.
    ...(target.tls !== null && { tls: {} }),
    ...credentials(username, password?.reveal() ?? ''),
    Connector,
    connectionName: target.clientName,
    keepAlive: timeouts.keepAliveMs,
    commandTimeout: timeouts.commandMs,
    // The deadline of openConnection covers this and what comes after it.
    connectTimeout: 0,
    lazyConnect: true,
    enableOfflineQueue: false,
    // The ready check would wait for a server that loads, and loop on one without INFO.
    enableReadyCheck: false,
    autoResubscribe: false,
    maxRetriesPerRequest: null,
    retryStrategy: null,
    replyMapping: 'legacy',
  } satisfies RedisOptions;
}

/** `default` without a password means no AUTH at all; any other name is sent even without one. */
function credentials(username: string | null, password: string): Pick<RedisOptions, 'username' | 'password'> {
  if (password === '' && (username === null || username === 'default')) return {};
  return { ...(username !== null && { username }), password };
}

/** Null when the connection is ready and in the right database, else why not. */
async function handshake({ redis, firstFault }: Link, db: number): Promise<FaultCode | null> {
  try {
    await redis.connect();
  } catch (error) {
    return firstFault() ?? faultCodeOf(error);
  }
  if (firstFault() !== null) return firstFault();
  // ioredis stays in database 0 when its own SELECT is refused, and says that it is ready.
  return db === 0 ? null : selectDatabase(redis, db);
}

/** What a timeout means, by how far the connection came. */
function stalledAt({ redis, socket }: Link): FaultCode {
  if (socket()?.connecting !== false) return 'CONN_TIMEOUT';
  return redis.status === 'connecting' ? 'TLS_HANDSHAKE_TIMEOUT' : 'NO_RESPONSE';
}

async function selectDatabase(redis: Redis, db: number): Promise<FaultCode | null> {
  try {
    await redis.select(db);
    return null;
  } catch (error) {
    return faultCodeOf(error);
  }
}
