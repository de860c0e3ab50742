import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port of `host` that nothing listens on now, chosen by the system. Somebody may take it before you do. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen({ host, port: 0, exclusive: true });
  await once(server, 'listening').catch(() => {
    throw new Error(`Nothing can listen on ${host}: no address of this machine.`);
  });
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port.');
  return address.port;
}
