import { connect, type Socket } from 'node:net';
import { startRedis } from '../../src/testing/redis-server.ts';

/** A port to which nobody can connect any more, as behind a firewall: a frozen server with a full backlog. */
export async function startDeafRedis(): Promise<AsyncDisposable & { readonly port: number }> {
  const redis = await startRedis({ args: ['--tcp-backlog', '1'] });
  redis.kill('SIGSTOP');
  const fillers: Socket[] = [];
  while (fillers.at(-1)?.connecting !== true) fillers.push(await tryConnect(redis.port));
  return {
    port: redis.port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      await redis.stop();
    },
  };
}

/** A socket that is connected, or still connecting after a while. */
function tryConnect(port: number): Promise<Socket> {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const socket = connect(port, '127.0.0.1', () => resolve(socket));
  socket.on('error', () => {});
  setTimeout(() => resolve(socket), 200);
  return promise;
}
