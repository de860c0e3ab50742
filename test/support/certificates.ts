import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../src/testing/run-program.ts';

/** PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** Signed all of these but `otherCa`. */
  readonly ca: string;
  /** Signed none of them. */
  readonly otherCa: string;
  /** For localhost, 127.0.0.1 and ::1. */
  readonly server: KeyPair;
  readonly client: KeyPair;
  /** As `server`, but out of date since yesterday. */
  readonly expired: KeyPair;
  /** For `elsewhere.example` only. */
  readonly otherHost: KeyPair;
}

const LOCAL_NAMES = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1';

let made: Promise<Certificates> | undefined;

/** Certificates of an authority made for this process; needs the `openssl` program. */
export function testCertificates(): Promise<Certificates> {
  made ??= makeCertificates();
  return made;
}

async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-beacon-certificates-'));
  try {
    const [ca, otherCa] = await Promise.all([makeAuthority(folder, 'ca'), makeAuthority(folder, 'other-ca')]);
    const [server, client, expired, otherHost] = await Promise.all([
      makePair(folder, 'server', `${LOCAL_NAMES}\nextendedKeyUsage=serverAuth`, 30),
      makePair(folder, 'client', 'extendedKeyUsage=clientAuth', 30),
      makePair(folder, 'expired', `${LOCAL_NAMES}\nextendedKeyUsage=serverAuth`, -1),
      makePair(folder, 'other-host', 'subjectAltName=DNS:elsewhere.example\nextendedKeyUsage=serverAuth', 30),
    ]);
    return { ca, otherCa, server, client, expired, otherHost };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeAuthority(folder: string, name: string): Promise<string> {
  const subject = ['-subj', `/CN=redis-beacon test ${name}`, '-days', '30'];
  await openssl(folder, 'req', '-x509', ...newKey(name), ...subject, '-out', `${name}.crt`);
  return readFile(join(folder, `${name}.crt`), 'utf8');
}

async function makePair(folder: string, name: string, extensions: string, days: number): Promise<KeyPair> {
  await writeFile(join(folder, `${name}.ext`), `${extensions}\n`);
  await openssl(folder, 'req', ...newKey(name), '-subj', `/CN=redis-beacon test ${name}`, '-out', `${name}.csr`);
  const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-set_serial', `0x${Buffer.from(name).toString('hex')}`];
  const files = ['-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.crt`];
  await openssl(folder, 'x509', '-req', ...signing, ...files, '-days', String(days));
  const [cert, key] = await Promise.all(
    ['crt', 'key'].map((kind) => readFile(join(folder, `${name}.${kind}`), 'utf8')),
  );
  return { cert: cert ?? '', key: key ?? '' };
}

function newKey(name: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
}

async function openssl(folder: string, ...args: string[]): Promise<void> {
  const paths = args.map((arg) => (/\.(crt|key|csr|ext)$/.test(arg) ? join(folder, arg) : arg));
  const result = await runProgram('openssl', paths, { env: process.env, timeoutMs: 20_000 });
  if (!result.ok)
    throw new Error(`openssl ${args[0]} failed: ${result.stderr.trim().split('\n')[0] || 'is it installed?'}`);
}
