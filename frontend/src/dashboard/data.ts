/** The page's calls to the server. The token lives in this object's memory and nowhere else. */

import { readVariables, type Variable } from "./boot";
import { isRecord } from "../embed/protocol";
import { readRetryAfter } from "./timing";

export type Payload = Readonly<Record<string, unknown>>;

export interface Failure {
  readonly kind: "failed";
  readonly code: string;
  readonly message: string;
  readonly reference: string;
  readonly retryAfter: number | null;
}

export interface Pending {
  readonly kind: "pending";
  readonly retryAfter: number | null;
}

export type Answer<T> = { readonly kind: "ready"; readonly value: T } | Pending | Failure;

export interface Session {
  readonly subject: string;
  readonly secondsLeft: number;
  readonly variables: readonly Variable[];
}

/** A whole page, for a frame that got its token by message. */
export interface Arrival {
  readonly html: string;
  readonly title: string;
  readonly language: string;
  readonly direction: string;
  readonly boot: Record<string, unknown>;
}

export interface CsvFile {
  readonly name: string;
  readonly blob: Blob;
}

const UNREACHABLE: Failure = { kind: "failed", code: "unreachable", message: "", reference: "", retryAfter: null };

/** What every call says besides its token. */
export interface CallFacts {
  readonly dataUrl: string;
  readonly environment: string | null;
  readonly dashboard: string | null;
  readonly locale: string;
  readonly timeZone: string;
}

export class DataCalls {
  constructor(private readonly facts: CallFacts, private token: string) {}

  useToken(token: string): void {
    this.token = token;
  }

  /** Fetch a drawn card as HTML. */
  card(panel: string, values: Payload, signal: AbortSignal): Promise<Answer<string>> {
    return this.call(this.path("panels", panel, values, { as: "card" }), signal, (response) => response.text());
  }

  /** Fetch a panel's rows and encoding. */
  rows(panel: string, values: Payload, signal: AbortSignal): Promise<Answer<Record<string, unknown>>> {
    return this.call(this.path("panels", panel, values, {}), signal, readRecord);
  }

  /** Fetch what may be chosen for a variable. */
  choices(variable: string, values: Payload, signal: AbortSignal): Promise<Answer<Record<string, unknown>>> {
    return this.call(this.path("choices", variable, values, {}), signal, readRecord);
  }

  csv(panel: string, values: Payload, signal: AbortSignal): Promise<Answer<CsvFile>> {
    return this.call(this.path("export", panel, values, {}), signal, async (response) => ({
      name: fileName(response.headers.get("Content-Disposition")) ?? `${panel}.csv`,
      blob: await response.blob(),
    }));
  }

  /** Say that nobody waits for these panels any more, while the page goes away; nobody waits for the answer either. */
  leave(panels: readonly string[], values: Payload): void {
    const path = this.address("leave", { panels: panels.join(","), ...withValues(values) });
    const headers = { Authorization: `Bearer ${this.token}` };
    void fetch(path, { headers, keepalive: true, credentials: "omit", cache: "no-store" }).catch(() => undefined);
  }

  /** Ask what a token stands for, without using it for anything else yet. */
  session(token: string, signal: AbortSignal): Promise<Answer<Session>> {
    return this.call(this.address("session", {}), signal, async (response) => readSession(await readRecord(response)), token);
  }

  /** Exchange a token for its page. `parent` is the origin that sent the token: the server looks it up too. */
  page(token: string, sent: { readonly parent: string; readonly values: Payload }, signal: AbortSignal): Promise<Answer<Arrival>> {
    const path = this.address("page", { parent: sent.parent, ...withValues(sent.values) });
    return this.call(path, signal, async (response) => readArrival(await readRecord(response)), token);
  }

  private path(kind: string, id: string, values: Payload, more: Readonly<Record<string, string>>): string {
    return this.address(`${kind}/${encodeURIComponent(id)}`, { ...more, ...withValues(values) });
  }

  private address(path: string, more: Readonly<Record<string, string>>): string {
    const { dataUrl, environment, dashboard, locale, timeZone } = this.facts;
    const query = new URLSearchParams({ ...more, locale, time_zone: timeZone });
    if (environment !== null) query.set("environment", environment);
    if (dashboard !== null) query.set("dashboard", dashboard);
    return `${dataUrl}/${path}?${query.toString()}`;
  }

  private async call<T>(
    path: string,
    signal: AbortSignal,
    read: (response: Response) => Promise<T>,
    token = this.token,
  ): Promise<Answer<T>> {
    try {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await fetch(path, { headers, signal, credentials: "omit", cache: "no-store", redirect: "error" });
      if (response.status === 202) return { kind: "pending", retryAfter: retryAfter(response) };
      if (response.ok) return { kind: "ready", value: await read(response) };
      return await readFailure(response);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TypeError || error instanceof SyntaxError) return UNREACHABLE;
      throw error;
    }
  }
}

function withValues(values: Payload): Readonly<Record<string, string>> {
  return Object.keys(values).length > 0 ? { variables: JSON.stringify(values) } : {};
}

function retryAfter(response: Response): number | null {
  return readRetryAfter(response.headers.get("Retry-After"));
}

async function readRecord(response: Response): Promise<Record<string, unknown>> {
  const data: unknown = await response.json();
  if (!isRecord(data)) throw new TypeError("the answer is not an object");
  return data;
}

function readSession(data: Record<string, unknown>): Session {
  const { subject, seconds_left: left } = data;
  if (typeof subject !== "string" || typeof left !== "number") throw new TypeError("the session answer is incomplete");
  return { subject, secondsLeft: left, variables: readVariables(data["variables"]) };
}

function readArrival(data: Record<string, unknown>): Arrival {
  const text = (name: string): string => {
    const value = data[name];
    if (typeof value !== "string") throw new TypeError(`the page has no ${name}`);
    return value;
  };
  const { boot } = data;
  if (!isRecord(boot)) throw new TypeError("the page has no boot");
  return { html: text("html"), title: text("title"), language: text("language"), direction: text("direction"), boot };
}

async function readFailure(response: Response): Promise<Failure> {
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json") ?? false;
  const data = isJson ? await readRecord(response) : {};
  const text = (name: string): string => (typeof data[name] === "string" ? data[name] : "");
  return {
    kind: "failed",
    code: text("code") || `http_${response.status}`,
    message: text("message"),
    reference: text("reference"),
    retryAfter: retryAfter(response),
  };
}

/** Read the file name of a Content-Disposition header, the UTF-8 one (RFC 6266) first; null when there is none. */
export function fileName(header: string | null): string | null {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header ?? "")?.[1];
  if (encoded !== undefined) return safely(encoded);
  return /filename="([^"]+)"/i.exec(header ?? "")?.[1] ?? null;
}

function safely(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
