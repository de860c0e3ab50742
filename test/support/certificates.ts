import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

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

const LOCAL_NAMES: JsonGeneralNames = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'ip', value: '::1' },
];
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const KEYS = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

let made: Promise<Certificates> | undefined;

/** Certificates of an authority made for this process. */
export function testCertificates(): Promise<Certificates> {
  made ??= makeCertificates();
  return made;
}

interface Authority {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

async function makeCertificates(): Promise<Certificates> {
  const [authority, other] = await Promise.all([makeAuthority('ca'), makeAuthority('other ca')]);
  const elsewhere: JsonGeneralNames = [{ type: 'dns', value: 'elsewhere.example' }];
  const [server, client, expired, otherHost] = await Promise.all([
    makePair(authority, 'server', SERVER_AUTH, LOCAL_NAMES, 30),
    makePair(authority, 'client', CLIENT_AUTH, null, 30),
    makePair(authority, 'expired', SERVER_AUTH, LOCAL_NAMES, -1),
    makePair(authority, 'other host', SERVER_AUTH, elsewhere, 30),
  ]);
  const [ca, otherCa] = [authority, other].map(({ certificate }) => certificate.toString('pem'));
  return { ca: ca ?? '', otherCa: otherCa ?? '', server, client, expired, otherHost };
}

async function makeAuthority(name: string): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=redis-beacon test ${name}`,
    ...validity(30),
    signingAlgorithm: KEYS,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  return { certificate, keys };
}

async function makePair(
  authority: Authority,
  name: string,
  usage: string,
  names: JsonGeneralNames | null,
  days: number,
): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(KEYS, true, ['sign', 'verify']);
  const extensions: Extension[] = [new ExtendedKeyUsageExtension([usage])];
  if (names !== null) extensions.push(new SubjectAlternativeNameExtension(names));
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=redis-beacon test ${name}`,
    issuer: authority.certificate.subject,
    ...validity(days),
    signingAlgorithm: KEYS,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    extensions,
  });
  return { cert: certificate.toString('pem'), key: await pemOf(keys.privateKey) };
}

/** From now on, or until so many days ago. */
function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  const start = now + Math.min(days, 0) * DAY_MS - DAY_MS;
  return { notBefore: new Date(start), notAfter: new Date(now + days * DAY_MS) };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  const lines = der.match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}
