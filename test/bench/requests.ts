import { serviceName } from './catalogs.ts';
import { TOKEN } from './secrets.ts';

type Headers = Readonly<Record<string, string>>;

/** A request as a simple client sends it. */
export function getRequest(path: string, headers: Headers = {}): string {
  const lines = Object.entries({ host: '127.0.0.1:8080', accept: '*/*', 'user-agent': 'bench', ...headers });
  return `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** Somebody who may read everything asks. */
export const AUTHORIZATION: Headers = { authorization: `Bearer ${TOKEN}` };

export function configRequest(service: number, headers: Headers = {}): string {
  return getRequest(`/config/${serviceName(service)}`, { ...AUTHORIZATION, ...headers });
}
