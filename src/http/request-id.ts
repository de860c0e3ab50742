import { randomBytes } from 'node:crypto';

/** Ids of our own: what a client sends as an id would end up in the log. Unique across restarts. */
export function createRequestIds(): () => string {
  const instance = randomBytes(6).toString('base64url');
  let count = 0;
  return () => {
    count += 1;
    return `${instance}-${count.toString(36)}`;
  };
}
