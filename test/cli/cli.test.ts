import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogJsonSchema } from '../../src/http/route-reference.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { startPeer, startSilentPeer } from '../support/peers.ts';
import { requestRaw } from '../support/raw-http.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts';
import { CLI, type Ended, Program, run } from './program.ts';

const DEVELOPMENT = { ENVIRONMENT: 'development', BEACON_NETWORK: 'host', HOST: '127.0.0.1', PORT: '0' };

let directory: TemporaryDirectory;

beforeAll(async () => {
  directory = await temporaryDirectory();
});

afterAll(() => directory[Symbol.asyncDispose]());

function command(args: string, variables: Record<string, string> = {}): Promise<Ended> {
  return run(CLI, { directory: directory.path, args: args.split(' ').filter((arg) => arg !== ''), variables });
}

describe('the command line', () => {
  test.each(['help', '--help', '-h'])('%s lists the commands', async (args) => {
    const { code, stdout, stderr } = await command(args);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/^ {2}\S+/gm)).toEqual(['  start', '  healthcheck', '  token', '  schema', '  help']);
  });

  test('without a command says how it is used', async () => {
    const { code, stdout, stderr } = await command('');
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain('usage: redis-beacon COMMAND');
  });

  test.each([
    ['healthchek', 'redis-beacon: no such command (did you mean healthcheck?). See: redis-beacon help\n'],
    ['constructor', 'redis-beacon: no such command. See: redis-beacon help\n'],
    ['start now', 'redis-beacon start: was given too many arguments\nusage: redis-beacon start\n'],
    ['schema --jsn', 'redis-beacon schema: has no such option\nusage: redis-beacon schema\n'],
    ['help -v', 'redis-beacon help: has no such option\nusage: redis-beacon help\n'],
  ])('%s is refused with exit code 64', async (args, message) => {
    expect(await command(args)).toEqual({ code: 64, signal: null, stdout: '', stderr: message });
  });
});

test('schema prints the JSON Schema of the catalog', async () => {
  const { code, stdout } = await command('schema');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(catalogJsonSchema())));
});

describe('token', () => {
  test('prints a token of 256 bits and the line of the catalog that lets it in', async () => {
    const { code, stdout, stderr } = await command('token backend');
    const [token = '', line = ''] = stdout.split('\n');

    expect(code).toBe(0);
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(load(line)).toEqual({ backend: { tokenSha256: sha256(token), services: ['backend'] } });
    expect(stderr).toContain('access: callers:');
    expect(`${line}${stderr}`).not.toContain(token);
  });

  test.each([
    ['token ops --operator', { services: [], operator: true }],
    ['token ops --services a,b', { services: ['a', 'b'] }],
    ['token --operator --services=a ops', { services: ['a'], operator: true }],
    ['token ops --services 12,1e3,true,null,no', { services: ['12', '1e3', 'true', 'null', 'no'] }],
  ])('%s grants what it says', async (args, rights) => {
    const { stdout } = await command(args);
    const [token = '', line = ''] = stdout.split('\n');
    expect(load(line)).toEqual({ ops: { tokenSha256: sha256(token), ...rights } });
  });

  test('makes another one each time', async () => {
    const [first, second] = await Promise.all([command('token backend'), command('token backend')]);
    expect(first.stdout).not.toBe(second.stdout);
  });

  test.each([
    ['token', 'needs the name of the caller'],
    ['token Backend', 'the name of a caller is lower-case letters'],
    ['token backend --services a,,b', 'the name of a service is lower-case letters'],
    ['token backend --services', '--services needs a value'],
    ['token backend --services --operator', '--services needs a value'],
    ['token backend --operator=yes', '--operator takes no value'],
    ['token backend --servces a', 'has no such option (did you mean services?)'],
    ['token backend auth', 'was given too many arguments'],
  ])('%s is refused with exit code 64', async (args, message) => {
    const { code, stdout, stderr } = await command(args);
    expect([code, stdout]).toEqual([64, '']);
    expect(stderr).toContain(`redis-beacon token: ${message}`);
    expect(stderr).toContain('\nusage: redis-beacon token NAME');
  });

  test('is accepted by a service whose catalog has the line, and only for its own configuration', async () => {
    const { stdout } = await command('token backend');
    const [token = '', line = ''] = stdout.split('\n');
    await using own = await temporaryDirectory();
    const catalog = `version: 1\nservices: { backend: {}, auth: {} }\naccess:\n  callers:\n    ${line}\n`;
    await writeFile(join(own.path, 'catalog.yaml'), catalog);
    await using service = new Program(CLI, { directory: own.path, args: ['start'], variables: DEVELOPMENT });
    const port = await service.port();

    const statusOf = async (name: string) =>
      (await requestRaw(port, `GET /config/${name}`, [`Authorization: Bearer ${token}`])).status;
    expect([await statusOf('backend'), await statusOf('auth')]).toEqual([200, 403]);
  });
});

describe('healthcheck', () => {
  test('says nothing and exits 0 while the service lives', async () => {
    await using service = new Program(CLI, { directory: directory.path, args: ['start'], variables: DEVELOPMENT });
    const PORT = String(await service.port());

    const silent = { code: 0, signal: null, stdout: '', stderr: '' };
    expect(await command('healthcheck', { PORT })).toEqual(silent);
    expect(await command('healthcheck', { PORT, HOST: '0.0.0.0' })).toEqual(silent);
  });

  test('exits 1 and says why when nothing listens', async () => {
    const PORT = String(await freePort('127.0.0.1'));
    const stderr = `redis-beacon healthcheck: no answer on port ${PORT}: ECONNREFUSED\n`;
    expect(await command('healthcheck', { PORT })).toEqual({ code: 1, signal: null, stdout: '', stderr });
  });

  test('exits 1 within its deadline when nobody answers', async () => {
    await using peer = await startSilentPeer();
    const stderr = `redis-beacon healthcheck: no answer on port ${peer.port}: 2000 ms went by\n`;
    expect(await command('healthcheck', { PORT: String(peer.port) })).toMatchObject({ code: 1, stderr });
  });

  test.each(['0', '65536', 'http', '80.5'])('exits 1 when PORT is %s', async (PORT) => {
    const stderr = 'redis-beacon healthcheck: PORT names no port to ask\n';
    expect(await command('healthcheck', { PORT })).toMatchObject({ code: 1, stdout: '', stderr });
  });

  test('exits 1 when what listens is no web server', async () => {
    await using peer = await startPeer({ greeting: 'SSH-2.0-secret-banner\r\n' });
    const stderr = `redis-beacon healthcheck: no answer on port ${peer.port}: HPE_INVALID_CONSTANT\n`;
    expect(await command('healthcheck', { PORT: String(peer.port) })).toMatchObject({ code: 1, stderr });
  });

  test('exits 1 and says the status when the answer is not 200', async () => {
    await using peer = await startPeer({ answer: () => 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n' });
    const stderr = `redis-beacon healthcheck: the service on port ${peer.port} answers 404\n`;
    expect(await command('healthcheck', { PORT: String(peer.port) })).toMatchObject({ code: 1, stderr });
  });
});

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
