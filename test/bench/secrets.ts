import { randomBytes } from 'node:crypto';

function createSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Of the caller that may read everything; made for this run. */
export const TOKEN = createSecret();

/** Of the Redis of this run. */
export const PASSWORD = createSecret();
