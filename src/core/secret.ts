/** A value that must not be seen. It leaves only through {@link Secret.reveal}, which is searchable and allow-listed. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The raw value. `test/architecture.test.ts` lists the files that may call this. */
  reveal(): string {
    return this.#value;
  }

  /** True when both hold the same value. */
  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  get isEmpty(): boolean {
    return this.#value === '';
  }

  toJSON(): { secret: true; set: boolean } {
    return { secret: true, set: this.#value !== '' };
  }

  toString(): string {
    return '[secret]';
  }

  [Symbol.toPrimitive](): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
