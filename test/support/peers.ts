import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Something on a loopback port that is not Redis, or only pretends to be. */
export interface Peer extends AsyncDisposable {
  readonly port: number;
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
}

export interface Talk {
  /** Sent on connecting. */
  readonly greeting?: string | Buffer;
  /** Sent for what was received; null: nothing. */
  readonly answer?: (received: string, socket: Socket) => string | Buffer | null;
  /** Runs on connecting. */
  readonly onConnect?: (socket: Socket) => void;
}

/** A peer that greets and answers byte for byte as told. */
export async function startPeer(talk: Talk = {}): Promise<Peer> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    talk.onConnect?.(socket);
    if (talk.greeting !== undefined) socket.write(talk.greeting);
    socket.on('data', (chunk) => {
      const answer = talk.answer?.(chunk.toString('latin1'), socket) ?? null;
      if (answer !== null) socket.write(answer);
    });
  });
  return serve(server);
}

/** Accepts and never says a word, in TLS or not. */
export const startSilentPeer = (): Promise<Peer> => startPeer();

/** A real web server. */
export const startHttpPeer = (): Promise<Peer> =>
  serve(createHttpServer((_request, response) => response.end('hello')));

/** A proxy whose backend is down: accepts, then FIN. */
export const startClosingPeer = (): Promise<Peer> => startPeer({ onConnect: (socket) => socket.end() });

/** A published port with nothing behind it: accepts, then RST. */
export const startResettingPeer = (delayMs: number): Promise<Peer> =>
  startPeer({ onConnect: (socket) => setTimeout(() => socket.resetAndDestroy(), delayMs) });

/** Says `+OK` without an end from the first byte received, as fast as it can be read. */
export function startEndlessOkPeer(): Promise<Peer> {
  const chunk = '+OK\r\n'.repeat(2000);
  return startPeer({
    onConnect: (socket) => {
      const pour = () => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', pour);
      socket.once('data', pour);
    },
  });
}

export const SSH_BANNER = 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n';
export const SMTP_BANNER = '220 mail.example ESMTP Postfix\r\n';
/** The start of MySQL's greeting: length, sequence, protocol 10, version. */
export const MYSQL_BANNER = Buffer.concat([Buffer.from([0x4a, 0, 0, 0, 0x0a]), Buffer.from('8.0.36\0')]);

/** Memcached answers every line that it does not know. */
export const startMemcachedPeer = (): Promise<Peer> =>
  startPeer({ answer: (received) => 'ERROR\r\n'.repeat(received.split('\r\n').length - 1) });

/** PostgreSQL reads a length, closes on an impossible one, and answers its SSLRequest with a letter. */
export const startPostgresPeer = (): Promise<Peer> =>
  startPeer({
    answer: (received, socket) => {
      if (received === '\0\0\0\x08\x04\xd2\x16\x2f') return 'N';
      socket.end();
      return null;
    },
  });

/** Knows single commands by name, as a proxy or an old Redis would; null closes the connection. */
export function startCommandPeer(replies: Readonly<Record<string, string | null>>): Promise<Peer> {
  return startPeer({
    answer: (received, socket) => {
      const [name = '', ...args] = commandOf(received);
      const reply = replies[name];
      if (reply === null) socket.end();
      return reply?.replaceAll('%args', args.map((arg) => `'${arg}'`).join(' ')) ?? null;
    },
  });
}

/** Name and arguments of a command that came as an array of bulk strings. */
function commandOf(received: string): string[] {
  return received.split('\r\n').filter((_line, index) => index > 0 && index % 2 === 0 && index < 99);
}

async function serve(server: Server): Promise<Peer> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    open,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
