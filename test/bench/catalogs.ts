import { createHash } from 'node:crypto';

export interface CatalogOptions {
  readonly services: number;
  readonly redisPort: number;
  /** Paths. */
  readonly caFile: string;
  readonly passwordFile: string;
  /** Of the caller that may read everything. */
  readonly token: string;
  /** Raises a value of every service, so that a reload changes all of them. */
  readonly poolMax?: number;
}

export function serviceName(index: number): string {
  return `service-${String(index).padStart(5, '0')}`;
}

/**
 * A catalog for production: TLS, a password, and as many services as asked for. Each has three connections with a key
 * prefix of its own, and a caller who may read it and nothing else.
 */
export function catalogText(options: CatalogOptions): string {
  const { redisPort, caFile, passwordFile, token, poolMax = 10 } = options;
  const names = Array.from({ length: options.services }, (_, index) => serviceName(index));
  const callers = names.map((name) => `    ${name}: { tokenSha256: ${sha256(name)}, services: [${name}] }`);
  return `version: 1
access:
  callers:
    bench: { tokenSha256: ${sha256(token)}, services: ["*"], operator: true }
${callers.join('\n')}
defaults:
  pool: { min: 1, max: ${poolMax}, idleTimeoutMs: 30000, acquireTimeoutMs: 2000 }
deployments:
  main:
    topology: standalone
    addresses: { host: "127.0.0.1:${redisPort}", container: "redis:6379" }
    auth: { username: default, password: { file: "${passwordFile}" } }
    tls: { enabled: true, ca: { file: "${caFile}" } }
services:
${names.map(serviceText).join('\n')}
`;
}

function serviceText(name: string): string {
  return `  ${name}:
    connections:
      cache: { deployment: main, db: 0, workload: cache, keyPrefix: "${name}:cache:" }
      session: { deployment: main, db: 1, workload: session, keyPrefix: "${name}:session:" }
      queue: { deployment: main, db: 2, workload: queue, keyPrefix: "${name}:queue:" }`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
