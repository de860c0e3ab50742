import { connect } from 'node:net';
import type { LoadOrder, LoadResult } from './load.ts';

/**
 * The load, in a process of its own: keep-alive connections over raw sockets that each send the next request when the
 * answer to the last one is complete. It does as little as it can, so that the server is the bottleneck: one prepared
 * buffer a request, and once the length of an answer is known, status and length are all that is looked at.
 */
const CONNECT_TIMEOUT_MS = 5000;
const HEAD_END = '\r\n\r\n';

async function measure(order: LoadOrder): Promise<LoadResult> {
  const requests = order.requests.map((text) => Buffer.from(text));
  const state = { answered: 0, stopping: false, next: 0 };
  const nextRequest = (): Buffer => {
    const request = requests[state.next] ?? Buffer.alloc(0);
    state.next = state.next + 1 === requests.length ? 0 : state.next + 1;
    return request;
  };
  const startedAt = performance.now();
  setTimeout(() => {
    state.stopping = true;
  }, order.durationMs);
  stayAwake(state);
  const connections = Array.from({ length: order.connections }, () => keepAsking(order, state, nextRequest));
  await Promise.all(connections);
  const elapsedMs = performance.now() - startedAt;
  return { answered: state.answered, elapsedMs };
}

/**
 * Keeps the event loop turning. A generator that sleeps between two answers has to be woken by the server, at the
 * server's cost, and the more often the slower the server is.
 */
function stayAwake(state: { readonly stopping: boolean }): void {
  if (!state.stopping) setImmediate(stayAwake, state);
}

/** Asks on one connection until told to stop. Rejects at the first answer that is not the expected one. */
function keepAsking(
  order: LoadOrder,
  state: { answered: number; stopping: boolean },
  nextRequest: () => Buffer,
): Promise<void> {
  const status = `HTTP/1.1 ${order.status} `;
  let expected = -1;
  let received = 0;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: order.port,
      noDelay: true,
      onread: { buffer: Buffer.allocUnsafe(64 * 1024), callback: (length, buffer) => onBytes(length, buffer) },
    });
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('The server does not answer.')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The server closed the connection.')));
    socket.once('connect', () => socket.write(nextRequest()));

    function onBytes(length: number, buffer: Uint8Array): boolean {
      if (received === 0 && length !== expected) expected = answerLength(buffer, length);
      if (received === 0 && !startsWith(buffer, status))
        socket.destroy(new Error(`The answer is not ${order.status}.`));
      received += length;
      if (received > expected) socket.destroy(new Error('The answer is longer than it says.'));
      if (received < expected) return true;
      received = 0;
      state.answered += 1;
      if (state.stopping) {
        socket.removeAllListeners('close');
        socket.destroy();
        resolve();
      } else socket.write(nextRequest());
      return true;
    }
  });
}

/** Length of head and body. Heads are short: they come in one piece. */
function answerLength(bytes: Uint8Array, length: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0) throw new Error('The head of the answer came in pieces.');
  const match = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, headEnd + 2));
  return headEnd + HEAD_END.length + Number(match?.[1] ?? 0);
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let index = 9; index < 12; index += 1) if (bytes[index] !== text.charCodeAt(index)) return false;
  return true;
}

process.on('message', async (order: LoadOrder) => {
  process.send?.(await measure(order));
});
process.once('disconnect', () => process.exit());
