import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { redisCommand } from '../../src/testing/redis-command.ts';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});

afterAll(() => redis.stop());

it.each([
  ['a status', ['PING'], 'PONG'],
  ['a text with bytes and line breaks', ['ECHO', 'ü\r\n+x'], 'ü\r\n+x'],
  ['a number', ['EVAL', 'return 42', '0'], '42'],
  ['nothing', ['GET', 'missing'], ''],
  ['an array, one element a line', ['EVAL', 'return {1, "two", {"three"}}', '0'], '1\ntwo\nthree'],
  ['an empty array', ['EVAL', 'return {}', '0'], ''],
  ['an array of nothing', ['BLPOP', 'missing', '0.01'], ''],
])('reads %s', async (_, args, text) => {
  expect(await redis.cli(...args)).toBe(text);
});

it('reads an answer that comes in many pieces', async () => {
  const value = 'x'.repeat(5_000_000);
  await redis.cli('SET', 'large', value);

  expect((await redis.cli('GET', 'large')).length).toBe(5_000_000);
});

it('rejects with the text of an error', async () => {
  await redis.cli('SET', 'text', 'abc');

  await expect(redis.cli('INCR', 'text')).rejects.toThrow(
    'redis-server answered: ERR value is not an integer or out of range',
  );
});

it.each([
  [
    'closes the connection',
    (socket: Socket) => socket.end(),
    'No answer from redis-server: the connection was closed.',
  ],
  ['stays silent', () => {}, 'No answer from redis-server: 200 ms went by.'],
])('rejects when the server %s', async (_, behave, message) => {
  const server = createServer((socket) => behave(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  const answer = redisCommand({ host: '127.0.0.1', port }, ['PING'], { password: null, timeoutMs: 200 });

  await expect(answer).rejects.toThrow(message);
  server.close();
});
