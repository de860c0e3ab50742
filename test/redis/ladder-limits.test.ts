import { PerformanceObserver } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { climb } from '../../src/redis/ladder.ts';
import { freePort } from '../../src/testing/free-port.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { runProgram } from '../../src/testing/run-program.ts';
import { startPeer, startSilentPeer } from '../support/peers.ts';
import { startDeafRedis } from './deaf-redis.ts';
import { examine, targetOf, tlsOf, verdictOf, withPassword } from './ladder-target.ts';

test.each([200, 300, 800])('judges a silent peer within a deadline of %i ms', async (deadlineMs) => {
  await using peer = await startSilentPeer();

  const result = await examine(targetOf(peer.port), { deadlineMs });

  expect(verdictOf(result)).toBe('fail NO_RESPONSE at ping');
});

test.each([300, 800])('judges a silent TLS handshake within a deadline of %i ms', async (deadlineMs) => {
  await using peer = await startSilentPeer();

  const result = await examine(targetOf(peer.port, { tls: tlsOf() }), { deadlineMs });

  expect(verdictOf(result)).toBe('fail TLS_HANDSHAKE_TIMEOUT at tls');
});

test('judges a host that swallows connections within a deadline of 300 ms', async () => {
  await using deaf = await startDeafRedis();

  const result = await examine(targetOf(deaf.port), { deadlineMs: 300 });

  expect(verdictOf(result)).toBe('fail CONN_TIMEOUT at tcp');
});

test('judges a server that freezes after PING, when it is asked to authenticate', async () => {
  await using peer = await startPeer({ answer: (received) => (received.includes('PING') ? '-NOAUTH x\r\n' : null) });

  const result = await examine(targetOf(peer.port, withPassword()), { deadlineMs: 1500 });

  expect(result.fault?.steps.find((step) => step.name === 'auth')?.status).toBe('fail');
  expect(result.steps.find((step) => step.name === 'hello')).toEqual({
    name: 'hello',
    status: 'skip',
    durationMs: 0,
    note: 'not reached',
  });
});

test('says that time ran out where there is too little for any verdict', async () => {
  await using redis = await startRedis();

  const result = await examine(targetOf(redis.port), { deadlineMs: 10 });

  expect(verdictOf(result)).toBe('fail PROBE_DEADLINE at dns');
});

test('rejects at once with the reason of the signal and closes its connections', async () => {
  await using peer = await startSilentPeer();
  const controller = new AbortController();
  const reason = new Error('no longer wanted');

  const climbing = climb(targetOf(peer.port), { deadlineMs: 5000, signal: controller.signal });
  await expect.poll(() => peer.open.size).toBe(1);
  controller.abort(reason);

  await expect(climbing).rejects.toBe(reason);
  await expect.poll(() => peer.open.size).toBe(0);
});

test('opens no connection for a signal that is already aborted', async () => {
  await using redis = await startRedis();

  const climbing = climb(targetOf(redis.port), { deadlineMs: 1000, signal: AbortSignal.abort('early') });

  await expect(climbing).rejects.toBe('early');
  expect(await redis.cli('INFO', 'stats')).toContain('total_connections_received:1\r');
});

test('leaves no connection open', async () => {
  await using redis = await startRedis();
  await using peer = await startSilentPeer();

  await examine(targetOf(redis.port));
  await examine(targetOf(peer.port), { deadlineMs: 500 });

  await expect.poll(() => peer.open.size).toBe(0);
  await expect.poll(() => redis.cli('INFO', 'clients')).toContain('connected_clients:1\r');
});

test('costs a healthy server one connection', async () => {
  await using redis = await startRedis();

  await examine(targetOf(redis.port));

  expect(await redis.cli('INFO', 'stats')).toContain('total_connections_received:2\r');
});

test('keeps no process alive after the verdict', async () => {
  await using peer = await startSilentPeer();
  const ladder = fileURLToPath(import.meta.resolve('../../src/redis/ladder.ts'));
  const program = `
    import { climb } from ${JSON.stringify(ladder)};
    const { fault } = await climb(${JSON.stringify(targetOf(peer.port))}, { deadlineMs: 400 });
    const endedAt = performance.now();
    process.on('exit', () => process.stdout.write(fault.code + ' ' + (performance.now() - endedAt < 200)));`;

  const result = await runProgram(process.execPath, ['--input-type=module', '-e', program], {
    env: process.env,
    timeoutMs: 10_000,
  });

  expect(result).toMatchObject({ ok: true, stdout: 'NO_RESPONSE true' });
});

test('asks for one host name once, however many climb at the same time', async () => {
  const lookups: string[] = [];
  const observer = new PerformanceObserver((list) => lookups.push(...list.getEntries().map((entry) => entry.name)));
  observer.observe({ entryTypes: ['dns'] });
  onTestFinished(() => observer.disconnect());
  const port = await freePort('127.0.0.1');
  const target = targetOf(port, { address: { host: 'localhost', port } });

  await Promise.all([examine(target), examine(target), examine(target)]);

  await expect.poll(() => lookups).toEqual(['lookup']);
});
