/** Somebody who may read configuration. */
export interface Caller {
  readonly name: string;
  /** SHA-256 of the token, lower-case hexadecimal. Never shown: not even a hash of a secret leaves. */
  readonly tokenSha256: string;
  /** `*`: every service. */
  readonly services: ReadonlySet<string>;
  readonly operator: boolean;
}

/** Who may read what. With `required` false, a caller without a token may read everything; a wrong token never does. */
export interface Access {
  readonly callers: readonly Caller[];
  readonly required: boolean;
  /** Why everybody may read, in an environment that demands callers. */
  readonly waive: string | null;
}

export function mayRead(caller: Caller, service: string): boolean {
  return caller.services.has('*') || caller.services.has(service);
}
