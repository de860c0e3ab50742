/** A service, deployment or connection name: a DNS label, so that it is safe in URLs, metrics and CLIENT SETNAME. */
export const NAME_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const NAME_LENGTH_MAX = 63;

export const NAME_RULE =
  'lower-case letters, digits and hyphens, at most 63, starting and ending with a letter or digit';

export function isName(text: string): boolean {
  return NAME_PATTERN.test(text);
}
