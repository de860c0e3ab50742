import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a real server, and follows the PINGs that carry a nonce. */
export interface PingProxy extends AsyncDisposable {
  readonly port: number;
  /** PINGs so far. */
  readonly pings: number;
  /** Most PINGs that ever were unanswered at the same time, over all connections. May be set back. */
  inFlightMax: number;
  /** Answers are passed on this much later. */
  delayMs: number;
}

export async function startPingProxy(redisPort: number): Promise<PingProxy> {
  const sockets = new Set<Socket>();
  const inFlight = new Set<string>();
  const state = { port: 0, pings: 0, inFlightMax: 0, delayMs: 0 };

  const onRequest = (text: string) => {
    for (const [, nonce = ''] of text.matchAll(/\r\nPING\r\n\$\d+\r\n([\w-]+)\r\n/gi)) {
      inFlight.add(nonce);
      state.pings++;
      state.inFlightMax = Math.max(state.inFlightMax, inFlight.size);
    }
  };
  const onReply = (text: string) => {
    for (const nonce of inFlight) if (text.includes(nonce)) inFlight.delete(nonce);
  };

  const server = createServer((client) => {
    const upstream = connect(redisPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      onRequest(chunk.toString('latin1'));
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      setTimeout(() => {
        onReply(chunk.toString('latin1'));
        client.write(chunk);
      }, state.delayMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  state.port = (server.address() as AddressInfo).port;
  return Object.assign(state, {
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
}
