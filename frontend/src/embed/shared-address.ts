/** `updateurlparams`: the host page's own address carries what a viewer chose, so that it can be shared. */

/** Write one value into an address; null takes it out. */
export function withValue(address: string, name: string, value: unknown): string {
  const url = new URL(address);
  if (value === null || value === undefined) url.searchParams.delete(name);
  else url.searchParams.set(name, JSON.stringify(value));
  return url.href;
}

/** Read the values of the named variables out of an address; a text that is no JSON counts as it is. */
export function valuesIn(address: string, names: readonly string[]): Record<string, unknown> {
  const query = new URL(address).searchParams;
  const found: Record<string, unknown> = {};
  for (const name of names) {
    const text = query.get(name);
    if (text !== null) found[name] = parsed(text);
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
