/**
 * The words that the page in the frame and the page around it say to each other.
 *
 * Both sides send `{event, detail}`. Names without "embedhost" are the ones that Explo's embeds use, so that a host page
 * written for them keeps working.
 */

/** Sent by the frame. */
export const FROM_FRAME = {
  readyToLoad: "dashboardReadyToLoad",
  loaded: "dashboardLoaded",
  updated: "dashboardUpdated",
  variableUpdated: "sendVariableUpdatedEvent",
  expired: "customerJwtExpired",
  ready: "embedhostReady",
  height: "embedhostHeight",
  expiring: "embedhostTokenExpiring",
  notice: "embedhostNotice",
  tokenRequest: "embedhostTokenRequest",
  refused: "embedhostRefused",
  escape: "embedhostEscape",
  wantsDownloads: "embedhostWantsDownloads",
} as const;

/** Sent to the frame. */
export const TO_FRAME = {
  setVariable: "updateExploDashboardVariable",
  setVariables: "updateExploDashboardVariables",
  setJwt: "updateCustomerJwt",
  hello: "embedhostHello",
  setValues: "embedhostSetVariables",
  setToken: "embedhostSetToken",
} as const;

export type Detail = Readonly<Record<string, unknown>>;

export interface Message {
  readonly event: string;
  readonly detail: Detail;
}

export type Command =
  | { readonly kind: "values"; readonly values: ReadonlyMap<string, unknown> }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "hello" };

/** A token in one piece, at most as long as one that comes by message, or Explo's pair of embed id and customer token. */
const TOKEN = /^(?:[A-Za-z0-9\-_.=~]{1,8000}|[\da-fA-F-]{36}:[\da-f]{64})$/;
/** Standard base64, which stands for the same token as the URL's alphabet; a `+` of an address has become a space. */
const BASE64 = /^[A-Za-z0-9+/ ]+={0,2}$/;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Write a token in the letters of addresses; null when it is none. */
export function readToken(value: unknown): string | null {
  const text = typeof value === "string" && BASE64.test(value) ? value.replace(/[+ ]/g, "-").replace(/\//g, "_") : value;
  return isToken(text) ? text : null;
}

/** Say whether a text may stand in a token's place in the address. */
export function isToken(value: unknown): value is string {
  return typeof value === "string" && TOKEN.test(value) && value !== "-" && !/^\.+$/.test(value);
}

/** Say whether a token is `<embed id>:<customer token>`. */
export function isPair(token: string): boolean {
  return token.includes(":");
}

/** Read `{event, detail}`; null when it is something else. */
export function readMessage(data: unknown): Message | null {
  if (!isRecord(data) || typeof data["event"] !== "string") return null;
  const detail = data["detail"];
  return { event: data["event"], detail: isRecord(detail) ? detail : {} };
}

/** Read what the host wants; null when it is none of our words. */
export function readCommand(data: unknown): Command | null {
  const message = readMessage(data);
  if (message === null) return null;
  const { event, detail } = message;
  if (event === TO_FRAME.hello) return { kind: "hello" };
  if (event === TO_FRAME.setJwt) return tokenCommand(detail["jwt"]);
  if (event === TO_FRAME.setToken) return tokenCommand(detail["token"]);
  return valuesCommand(event, detail);
}

function tokenCommand(value: unknown): Command | null {
  const token = readToken(value);
  return token !== null ? { kind: "token", token } : null;
}

function valuesCommand(event: string, detail: Detail): Command | null {
  if (event === TO_FRAME.setVariable) return pairs([detail]);
  if (event === TO_FRAME.setVariables) return pairs(detail["variables"]);
  const values = detail["values"];
  if (event !== TO_FRAME.setValues || !isRecord(values)) return null;
  return { kind: "values", values: new Map(Object.entries(values)) };
}

function pairs(list: unknown): Command | null {
  if (!Array.isArray(list)) return null;
  const values = new Map<string, unknown>();
  for (const item of list as readonly unknown[]) {
    if (isRecord(item) && typeof item["varName"] === "string") values.set(item["varName"], item["value"] ?? null);
  }
  return values.size > 0 ? { kind: "values", values } : null;
}
