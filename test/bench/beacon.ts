import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RedisServer, startRedis } from '../../src/testing/redis-server.ts';
import { testCertificates } from '../support/certificates.ts';
import { type CatalogOptions, catalogText, serviceName } from './catalogs.ts';
import { AUTHORIZATION } from './requests.ts';
import { PASSWORD, TOKEN } from './secrets.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** The release build; another one may be named for comparison. */
const PROGRAM = process.env.BENCH_PROGRAM ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A real Redis with a password, reached with TLS; baseline (c) uses its plaintext port, which is cheaper. */
export async function startBenchRedis(): Promise<RedisServer> {
  const { ca, server } = await testCertificates();
  return startRedis({ password: PASSWORD, tls: { ca, ...server } });
}

export interface BeaconOptions {
  readonly redis: RedisServer;
  readonly services: number;
}

/** A folder with everything that a beacon in production needs. */
export class BeaconFolder implements AsyncDisposable {
  readonly path: string;
  readonly #options: CatalogOptions;

  private constructor(path: string, options: CatalogOptions) {
    this.path = path;
    this.#options = options;
  }

  static async create({ redis, services }: BeaconOptions): Promise<BeaconFolder> {
    const path = await mkdtemp(join(tmpdir(), 'redis-beacon-bench-'));
    const files = { caFile: join(path, 'ca.pem'), passwordFile: join(path, 'password') };
    const { ca } = await testCertificates();
    const folder = new BeaconFolder(path, { services, redisPort: redis.tlsPort ?? 0, token: TOKEN, ...files });
    await folder.write('ca.pem', ca);
    await folder.write('password', PASSWORD);
    await folder.writeCatalog();
    return folder;
  }

  /** Writes a file and returns its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.path, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  /** Replaces the catalog in one step, as deployments do. */
  async writeCatalog(changes: Partial<CatalogOptions> = {}): Promise<void> {
    const next = await this.write('catalog.next', catalogText({ ...this.#options, ...changes }));
    await rename(next, join(this.path, 'catalog.yaml'));
  }

  /** In production, with default settings. */
  start(): Promise<ServerProcess> {
    const env = { ENVIRONMENT: 'production', BEACON_NETWORK: 'host', PORT: '0' };
    return startServer({ program: PROGRAM, env, directory: this.path });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** The answer for the first service. */
export async function fetchConfig(port: number): Promise<{ body: string; etag: string; revision: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/config/${serviceName(0)}`, { headers: AUTHORIZATION });
  if (response.status !== 200) throw new Error(`/config answers ${response.status}.`);
  const body = await response.text();
  const { revision } = JSON.parse(body) as { revision: number }; // as the route's schema says
  return { body, etag: response.headers.get('etag') ?? '', revision };
}
