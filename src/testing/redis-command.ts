import { connect } from 'node:net';
import type { Address } from '../core/target.ts';

type Reply = { readonly text: string; readonly isError: boolean; readonly end: number };

/**
 * Sends one command over a connection of its own and returns the answer as text: arrays one element a line, nil as the
 * empty text. Rejects when the server answers with an error or not within the time.
 */
export async function redisCommand(
  address: Address,
  args: readonly string[],
  options: { readonly password: string | null; readonly timeoutMs: number },
): Promise<string> {
  const commands = options.password === null ? [args] : [['AUTH', options.password], args];
  const replies = await exchange(address, commands, options.timeoutMs);
  const failure = replies.find((reply) => reply.isError);
  if (failure) throw new Error(`redis-server answered: ${failure.text}`);
  return replies.at(-1)?.text ?? '';
}

function exchange(address: Address, commands: readonly (readonly string[])[], timeoutMs: number): Promise<Reply[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, signal: AbortSignal.timeout(timeoutMs) });
    let received = Buffer.alloc(0);
    const fail = (reason: string) => reject(new Error(`No answer from redis-server: ${reason}.`));
    socket.on('error', (error) => fail(error.name === 'AbortError' ? `${timeoutMs} ms went by` : 'no connection'));
    socket.on('close', () => fail('the connection was closed'));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const replies = readReplies(received);
      if (replies.length < commands.length) return;
      resolve(replies);
      socket.destroy();
    });
    socket.write(Buffer.concat(commands.map(encodeCommand)));
  });
}

function encodeCommand(args: readonly string[]): Buffer {
  const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`);
  return Buffer.from(`*${args.length}\r\n${parts.join('')}`);
}

function readReplies(bytes: Buffer): Reply[] {
  const replies: Reply[] = [];
  for (let reply = readReply(bytes, 0); reply !== null; reply = readReply(bytes, reply.end)) replies.push(reply);
  return replies;
}

/** One RESP2 reply that starts at `start`; null: it is not complete yet. */
function readReply(bytes: Buffer, start: number): Reply | null {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd < 0) return null;
  const kind = bytes.toString('latin1', start, start + 1);
  const line = bytes.toString('utf8', start + 1, lineEnd);
  if (kind === '$') return readBulk(bytes, lineEnd + 2, Number(line));
  if (kind === '*') return readArray(bytes, lineEnd + 2, Number(line));
  return { text: line, isError: kind === '-', end: lineEnd + 2 };
}

function readBulk(bytes: Buffer, start: number, length: number): Reply | null {
  if (length < 0) return { text: '', isError: false, end: start };
  const end = start + length + 2;
  return end > bytes.length ? null : { text: bytes.toString('utf8', start, end - 2), isError: false, end };
}

function readArray(bytes: Buffer, start: number, count: number): Reply | null {
  const texts: string[] = [];
  let end = start;
  for (let index = 0; index < count; index++) {
    const element = readReply(bytes, end);
    if (element === null) return null;
    texts.push(element.text);
    end = element.end;
  }
  return { text: texts.join('\n'), isError: false, end };
}
