/**
 * Who may talk to this page, and whom it may answer: decided by exact origins or by patterns of the owner's list.
 *
 * A pattern is `https://app.example.com`, `https://*.example.com` (any depth of subdomain, as in a CSP host source, never
 * the bare domain) or, on a developer's machine, `http://localhost:*`.
 */

interface Parts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

const SHAPE = /^(https?):\/\/([^/:@?#\s]+)(?::(\d{1,5}|\*))?$/;

function split(text: string): Parts | null {
  const found = SHAPE.exec(text);
  return found === null ? null : { scheme: found[1] ?? "", host: found[2] ?? "", port: found[3] ?? "" };
}

function hostMatches(host: string, pattern: string): boolean {
  if (!pattern.startsWith("*.")) return host === pattern;
  const suffix = pattern.slice(1);
  return host.length > suffix.length && host.endsWith(suffix);
}

function matches(origin: Parts, pattern: Parts): boolean {
  const portFits = pattern.port === "*" || pattern.port === origin.port;
  return origin.scheme === pattern.scheme && portFits && hostMatches(origin.host, pattern.host);
}

/** Say whether an event's origin is on the list. The `null` origin of a sandboxed frame never is. */
export function originAllowed(origin: string, patterns: readonly string[]): boolean {
  const asked = split(origin);
  if (asked === null || asked.host.includes("*") || asked.port === "*") return false;
  return patterns.some((text) => {
    const pattern = split(text);
    return pattern !== null && matches(asked, pattern);
  });
}

/**
 * Name the exact origins that a message goes to: the one that is known, else every exact one of the list.
 *
 * The browser delivers a message only where its target matches, so the others learn nothing. Patterns have to wait until
 * the host has spoken.
 */
export function targets(known: string | null, patterns: readonly string[]): readonly string[] {
  return known !== null ? [known] : patterns.filter((pattern) => !pattern.includes("*"));
}

/** Find the parent's origin among what the browser tells without a message; null when it tells nothing usable. */
export function parentOrigin(hints: readonly (string | undefined)[], patterns: readonly string[]): string | null {
  for (const hint of hints) {
    const origin = hint === undefined ? null : originOf(hint);
    if (origin !== null && originAllowed(origin, patterns)) return origin;
  }
  return null;
}

function originOf(address: string): string | null {
  try {
    return new URL(address).origin;
  } catch {
    return null;
  }
}
