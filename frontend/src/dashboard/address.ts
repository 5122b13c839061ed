/** The token rides in the address once; these functions take it out, whichever door it came through. */

import { isPair, isToken, readToken } from "../embed/protocol";

/** Query keys that say how a page is shown; all others are values of variables and leave the address. */
const KEPT = new Set(["refresh-minutes", "locale_code", "time_zone", "dashboard-id"]);

/** Explo's customer token: `/iframe/<embed id>/<64 hex digits>[/<environment>]`, with or without a slash behind. */
const PAIR = /^\/iframe\/([\da-f-]{36})\/([\da-f]{64}|-)(\/[^/]+)?\/?$/i;
/** Doors with the token in the path: Explo's, Chartio's two, Metabase's. */
const IN_PATH = /^(\/iframe\/|\/d\/[a-z][^/]*\/[^/]+\/|\/d\/\d+\/|\/embed\/dashboard\/)([^/]+)(\/[^/]+)?\/?$/i;
/** Chartio's door with the token in the query, under one of two names. */
const CHARTIO = /^(\/d\/[a-z][^/]*\/[^/]+)\/?$/i;
/** Papermap's name for it; its door has no other place. */
const PAPERMAP = "embedded-token";

export interface Taken {
  readonly token: string | null;
  /** The same address with `-` in the token's place and without values of variables. */
  readonly clean: string;
}

/** Take the token out of an address; it is null when the address holds none. */
export function takeToken(pathname: string, search: string): Taken {
  const pair = PAIR.exec(pathname);
  if (pair !== null) return taken(`${pair[1]}:${pair[2]}`, `/iframe/${pair[1]}/-${pair[3] ?? ""}`, search);
  const path = IN_PATH.exec(pathname);
  if (path !== null) return taken(decoded(path[2] ?? ""), `${path[1]}-${path[3] ?? ""}`, search);
  const query = new URLSearchParams(search);
  const chartio = CHARTIO.exec(pathname);
  if (chartio !== null) return taken(query.get("embed_token") ?? query.get("token"), `${chartio[1]}/-`, search);
  const isPapermap = pathname === "/embedded/dashboard";
  return taken(isPapermap ? readToken(query.get(PAPERMAP)) : null, pathname, search, isPapermap ? { [PAPERMAP]: "-" } : {});
}

/** Make the real address again from the one with `-`. */
export function withToken(pathname: string, search: string, token: string): string {
  const pair = PAIR.exec(pathname);
  const path = IN_PATH.exec(pathname);
  const environment = (pair ?? path)?.[3] ?? "";
  if (isPair(token)) return `/iframe/${token.replace(":", "/")}${environment}${search}`;
  if (pair !== null) return `/iframe/${token}${environment}${search}`;
  if (path !== null) return `${path[1]}${token}${environment}${search}`;
  const query = new URLSearchParams(search);
  query.set(PAPERMAP, token);
  return `${pathname}?${query.toString()}`;
}

function taken(token: string | null, path: string, search: string, more: Readonly<Record<string, string>> = {}): Taken {
  const kept = [...new URLSearchParams(search)].filter(([key]) => KEPT.has(key));
  const text = new URLSearchParams([...Object.entries(more), ...kept]).toString();
  return { token: isToken(token) ? token : null, clean: path + (text === "" ? "" : `?${text}`) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return "";
  }
}
