/** The token rides in the address once; these functions take it out. */

import { isToken } from "../embed/protocol";

/** Query keys that say how a page is shown; all others are values of variables and leave the address. */
const KEPT = new Set(["refresh-minutes", "locale_code", "time_zone"]);

export interface Taken {
  readonly token: string | null;
  /** The same address with `-` in the token's place and without values of variables. */
  readonly clean: string;
}

/** Split `/iframe/<token>[/<environment>]`; the token is null when the address holds none. */
export function takeToken(pathname: string, search: string): Taken {
  const [lead = "", door = "", segment = "", ...rest] = pathname.split("/");
  const token = decoded(segment);
  const clean = [lead, door, "-", ...rest].join("/") + keptQuery(search);
  return { token: isToken(token) ? token : null, clean };
}

/** Make the real address again from the one with `-`. */
export function withToken(pathname: string, search: string, token: string): string {
  const [lead = "", door = "", , ...rest] = pathname.split("/");
  return [lead, door, token, ...rest].join("/") + search;
}

function keptQuery(search: string): string {
  const kept = [...new URLSearchParams(search)].filter(([key]) => KEPT.has(key));
  return kept.length > 0 ? `?${new URLSearchParams(kept).toString()}` : "";
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}
