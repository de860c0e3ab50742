import type { FaultEntry } from './fault-entry.ts';
import { type FaultFacts, hostOf, placeOf } from './fault-facts.ts';

export type TlsFaultCode =
  | 'TLS_REQUIRED'
  | 'TLS_NOT_SUPPORTED'
  | 'TLS_CA_UNKNOWN'
  | 'TLS_CERT_EXPIRED'
  | 'TLS_CERT_NOT_YET_VALID'
  | 'TLS_CERT_INVALID'
  | 'TLS_HOSTNAME_MISMATCH'
  | 'TLS_CLIENT_CERT_REQUIRED'
  | 'TLS_CLIENT_CERT_REJECTED'
  | 'TLS_VERSION_MISMATCH'
  | 'TLS_HANDSHAKE_FAILED'
  | 'TLS_HANDSHAKE_TIMEOUT'
  | 'TLS_LOCAL_MATERIAL_INVALID';

const verifiedName = (facts: FaultFacts): string => facts.servername ?? hostOf(facts);

export const TLS_FAULTS = {
  TLS_REQUIRED: {
    class: 'configuration',
    title: 'The server only speaks TLS',
    cause: (facts) => `${placeOf(facts)} speaks TLS, but the configuration connects without it.`,
    fix: () => 'Enable TLS for this deployment (rediss:// in a URL).',
  },
  TLS_NOT_SUPPORTED: {
    class: 'configuration',
    title: 'The server does not speak TLS',
    cause: (facts) => `The configuration asks for TLS, but ${placeOf(facts)} answers in plain text.`,
    fix: () => 'Use the TLS port of the server, or disable TLS for this deployment (redis:// in a URL).',
  },
  TLS_CA_UNKNOWN: {
    class: 'configuration',
    title: 'The certificate comes from an unknown authority',
    cause: (facts) => `The authority that signed the certificate of ${placeOf(facts)} is not trusted here.`,
    fix: () => 'Give the PEM of the signing CA, with its intermediates, as `tls.ca`; do not switch verification off.',
  },
  TLS_CERT_EXPIRED: {
    class: 'environment',
    title: 'The certificate has expired',
    cause: (facts) =>
      `The certificate of ${placeOf(facts)} is past its last day, or the clock of this machine is ahead.`,
    fix: () => 'Renew the certificate and reload the server; check the clock.',
  },
  TLS_CERT_NOT_YET_VALID: {
    class: 'environment',
    title: 'The certificate is not valid yet',
    cause: (facts) =>
      `The certificate of ${placeOf(facts)} begins in the future, or the clock of this machine is behind.`,
    fix: () => 'Check the clock of this machine, then the dates of the certificate.',
  },
  TLS_CERT_INVALID: {
    class: 'configuration',
    title: 'The certificate is not usable for a server',
    cause: (facts) => `The certificate of ${placeOf(facts)} is not meant for servers, is revoked, or is too weak.`,
    fix: () => 'Issue a leaf certificate with the purpose "serverAuth".',
  },
  TLS_HOSTNAME_MISMATCH: {
    class: 'configuration',
    title: 'The certificate is for another name',
    cause: (facts) => `The certificate of ${placeOf(facts)} does not carry the name ${verifiedName(facts)}.`,
    fix: () => 'Connect by a name in the certificate, or set `tls.servername` to one; else issue it with this name.',
  },
  TLS_CLIENT_CERT_REQUIRED: {
    class: 'configuration',
    title: 'The server wants a client certificate',
    cause: (facts) => `${placeOf(facts)} only accepts clients that show a certificate; none is configured.`,
    fix: () => 'Set `tls.cert` and `tls.key`, or "tls-auth-clients no" on the server.',
  },
  TLS_CLIENT_CERT_REJECTED: {
    class: 'configuration',
    title: 'The server rejects the client certificate',
    cause: (facts) => `${placeOf(facts)} does not accept the configured client certificate: another CA, or expired.`,
    fix: () => 'Issue a client certificate from the CA in "tls-ca-cert-file" of the server, or renew it.',
  },
  TLS_VERSION_MISMATCH: {
    class: 'configuration',
    title: 'No TLS version in common',
    cause: (facts) => `${placeOf(facts)} offers none of the TLS versions that the configuration allows.`,
    fix: () => 'Align `tls.minVersion` with "tls-protocols" of the server.',
  },
  TLS_HANDSHAKE_FAILED: {
    class: 'configuration',
    title: 'The TLS handshake fails',
    cause: (facts) =>
      `${placeOf(facts)} and this process cannot agree on a TLS connection: no cipher in common is usual.`,
    fix: () => 'Align "tls-ciphers" and "tls-ciphersuites" of the server with current defaults; see its log.',
  },
  TLS_HANDSHAKE_TIMEOUT: {
    class: 'environment',
    title: 'The TLS handshake is never answered',
    cause: (facts) => `${placeOf(facts)} accepts connections but does not answer the handshake: frozen or overloaded.`,
    fix: () => 'Look at the server: a paused container or machine, CPU limits.',
  },
  TLS_LOCAL_MATERIAL_INVALID: {
    class: 'configuration',
    title: 'The local TLS material is unusable',
    cause: (facts) => {
      const client = facts.hasClientCertificate ? ', or the key does not belong to the certificate' : '';
      return `The configured CA, certificate or key is not PEM text${client}. The server was not contacted.`;
    },
    fix: () => 'Give the contents of the files, not their paths; an unencrypted key, together with its certificate.',
  },
} satisfies Record<TlsFaultCode, FaultEntry>;
