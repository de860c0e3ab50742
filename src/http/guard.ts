import type { IncomingMessage } from 'node:http';
import type { ProblemCode } from './problems.ts';

const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * What is refused before routing. Two `Host` or `Authorization` headers mean that a proxy and we could read different
 * ones. On a loopback listener in development a foreign host name means DNS rebinding: a web page reading passwords.
 */
export function guardRequest(request: IncomingMessage, loopbackHostsOnly: boolean): ProblemCode | null {
  const { rawHeaders } = request;
  let hosts = 0;
  let authorizations = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name === undefined) continue;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    else if (name.length === 13 && name.toLowerCase() === 'authorization') authorizations += 1;
  }
  if (hosts > 1 || authorizations > 1) return 'HEADER_DUPLICATE';
  if (hosts === 0 && request.httpVersion === '1.1') return 'BAD_REQUEST'; // RFC 9112 3.2
  if (loopbackHostsOnly && !LOOPBACK_HOST.test(request.headers.host ?? '')) return 'HOST_REFUSED';
  return null;
}
