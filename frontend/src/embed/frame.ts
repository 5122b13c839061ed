/** The address of a frame, as pure functions. */

import { isRecord } from "./protocol";

/** A whole address is at most 2,038 characters on the server's side. */
const LONGEST = 2000;

export interface FrameWish {
  /** Origin of the embed host, without a slash at its end. */
  readonly base: string;
  /** A JWT, or `<embed id>:<customer token>`. */
  readonly token: string;
  readonly environment: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly locale: string | null;
  readonly refreshMinutes: string | null;
  /** The viewer's own zone, so that "today" is theirs; a zone in the token wins. */
  readonly timeZone: string;
}

export interface FrameAddress {
  readonly src: string;
  /** Values that did not fit into the address and go by message once the page is there. */
  readonly late: Readonly<Record<string, unknown>>;
}

/** Write the address of a frame. A value too many is kept for a message: the address has a limit, messages have none. */
export function frameAddress(wish: FrameWish): FrameAddress {
  const path = ["iframe", ...wish.token.split(":"), ...(wish.environment ? [wish.environment] : [])].map(encodeURIComponent).join("/");
  const query = new URLSearchParams();
  const minutes = withoutBraces(wish.refreshMinutes ?? "");
  if (minutes !== "") query.set("refresh-minutes", minutes);
  if (wish.locale) query.set("locale_code", wish.locale);
  query.set("time_zone", wish.timeZone);
  const short = address(wish.base, path, query);
  for (const [name, value] of Object.entries(wish.variables)) query.set(name, JSON.stringify(value));
  const whole = address(wish.base, path, query);
  return whole.length <= LONGEST ? { src: whole, late: {} } : { src: short, late: wish.variables };
}

function address(base: string, path: string, query: URLSearchParams): string {
  const text = query.toString();
  return `${base}/${path}${text === "" ? "" : `?${text}`}`;
}

/** A value as JSX writes it, `{10}`, stands in plain HTML with its braces: one pair is taken away. */
export function withoutBraces(attribute: string): string {
  return (/^\s*\{([^{}]*)\}\s*$/.exec(attribute)?.[1] ?? attribute).trim();
}

/** Read the variables attribute: a JSON object; null when it is something else. */
export function readVariables(attribute: string | null): Record<string, unknown> | null {
  if (attribute === null || attribute.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(attribute);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** Read a boolean attribute as HTML (present) or as JSX (`"true"`, `"false"`) writes it. */
export function readFlag(attribute: string | null): boolean {
  return attribute !== null && withoutBraces(attribute).toLowerCase() !== "false";
}

/** Find the host's origin among the addresses of scripts, the running one first; null when none is a loader. */
export function loaderOrigin(addresses: readonly (string | null | undefined)[]): string | null {
  for (const text of addresses) {
    const found = text ? /^(https?:\/\/[^/]+)(?:\/[^?#]*)?\/(?:embed|bundle|prod-embedcomponent)\.js(?:[?#]|$)/.exec(text) : null;
    if (found?.[1] !== undefined) return new URL(found[1]).origin;
  }
  return null;
}
