/** Fields of INFO by name. Lines that are no field are left out; of a field that comes twice the last counts. */
export type InfoFields = ReadonlyMap<string, string>;

export function parseInfo(text: string): InfoFields {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** A number that is not negative; null: not told, or not a number. */
export function numberOf(fields: InfoFields, name: string): number | null {
  const text = fields.get(name);
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
}
