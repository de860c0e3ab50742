import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCommand, fieldsOf, type Reading, type Reply, ReplyReader } from '../../src/redis/resp.ts';

test('encodes a command by bytes, not by characters', () => {
  expect(encodeCommand(['SET', 'ü', '']).toString()).toBe('*3\r\n$3\r\nSET\r\n$2\r\nü\r\n$0\r\n\r\n');
});

test.each<[string, Reply]>([
  ['+PONG\r\n', { type: 'simple', text: 'PONG' }],
  ['-ERR no\r\n', { type: 'error', text: 'ERR no' }],
  ['!6\r\nERR no\r\n', { type: 'error', text: 'ERR no' }],
  [':-12\r\n', { type: 'number', value: -12 }],
  ['(12\r\n', { type: 'number', value: 12 }],
  [',1.5e3\r\n', { type: 'number', value: 1500 }],
  [',-inf\r\n', { type: 'number', value: Number.NEGATIVE_INFINITY }],
  ['#t\r\n', { type: 'boolean', value: true }],
  ['_\r\n', { type: 'null' }],
  ['$-1\r\n', { type: 'null' }],
  ['*-1\r\n', { type: 'null' }],
  ['$4\r\na\r\nb\r\n', { type: 'bulk', text: 'a\r\nb' }],
  ['=8\r\ntxt:text\r\n', { type: 'bulk', text: 'text' }],
  [
    '*2\r\n:1\r\n*0\r\n',
    {
      type: 'array',
      items: [
        { type: 'number', value: 1 },
        { type: 'array', items: [] },
      ],
    },
  ],
  ['~1\r\n+a\r\n', { type: 'set', items: [{ type: 'simple', text: 'a' }] }],
  ['>1\r\n+a\r\n', { type: 'push', items: [{ type: 'simple', text: 'a' }] }],
  ['|1\r\n+ttl\r\n:3\r\n+a\r\n', { type: 'simple', text: 'a' }],
])('reads %j, in one piece and byte by byte', (text, reply) => {
  const whole = new ReplyReader();
  whole.push(Buffer.from(text));
  const parts = new ReplyReader();
  const readings = [...Buffer.from(text)].map((byte) => {
    parts.push(Buffer.from([byte]));
    return parts.next();
  });

  expect(whole.next()).toEqual({ kind: 'reply', reply });
  expect(whole.next()).toEqual({ kind: 'incomplete' });
  expect(readings.pop()).toEqual({ kind: 'reply', reply });
  expect(new Set(readings.map((reading) => reading.kind))).toEqual(new Set(['incomplete']));
});

test.each([
  'HTTP/1.1 400 Bad Request\r\n',
  'SSH-2.0',
  '\x16\x03\x01',
  '+bare line feed\n',
  '+carriage\rreturn\r\n',
  ':12a\r\n',
  ',one\r\n',
  '#x\r\n',
  '_x\r\n',
  '$01\r\na\r\n',
  '$-2\r\n',
  '$?\r\n',
  '$99999999\r\n',
  '$1\r\nabc',
  '=4\r\ntext\r\n',
  '*99999\r\n',
  '%-1\r\n',
  '*1\r\n'.repeat(10),
  '|0\r\n'.repeat(10),
])('refuses %j and whatever follows it', (text) => {
  const reader = new ReplyReader();
  reader.push(Buffer.from(text, 'latin1'));

  expect(reader.next()).toEqual({ kind: 'invalid' });
  reader.push(Buffer.from('+PONG\r\n'));
  expect(reader.next()).toEqual({ kind: 'invalid' });
});

test('keeps no more unread bytes than its limit', () => {
  const reader = new ReplyReader({ bufferBytesMax: 100 });
  reader.push(Buffer.from(`+${'a'.repeat(90)}`));
  expect(reader.next()).toEqual({ kind: 'incomplete' });

  reader.push(Buffer.from('a'.repeat(10)));

  expect(reader.isInvalid).toBe(true);
  expect(reader.unreadBytes).toBe(0);
});

test('ends on any bytes, and reads the same however they are cut', () => {
  const bytes = fc.array(fc.constantFrom(...'+-:$*_#,(!=%~>|019a\r\n'), { maxLength: 40 });
  fc.assert(
    fc.property(bytes, fc.nat(40), (characters, cut) => {
      const text = characters.join('');
      expect(readAll([text.slice(0, cut), text.slice(cut)])).toEqual(readAll([text]));
    }),
    { numRuns: 2000 },
  );
});

test('finds fields in a RESP3 map and in a flat RESP2 array', () => {
  const items: Reply[] = [
    { type: 'bulk', text: 'role' },
    { type: 'bulk', text: 'master' },
    { type: 'bulk', text: 'proto' },
    { type: 'number', value: 3 },
    { type: 'bulk', text: 'modules' },
    { type: 'array', items: [] },
  ];
  const fields = new Map([
    ['role', 'master'],
    ['proto', '3'],
  ]);

  expect(fieldsOf({ type: 'map', items })).toEqual(fields);
  expect(fieldsOf({ type: 'array', items })).toEqual(fields);
  expect(fieldsOf({ type: 'null' })).toEqual(new Map());
});

function readAll(chunks: readonly string[]): Reading[] {
  const reader = new ReplyReader();
  const readings: Reading[] = [];
  for (const chunk of chunks) {
    reader.push(Buffer.from(chunk));
    for (let reading = reader.next(); reading.kind === 'reply'; reading = reader.next()) readings.push(reading);
  }
  return [...readings, reader.next()];
}
