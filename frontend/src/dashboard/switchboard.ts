/**
 * Superset's switchboard over a MessagePort: `get` is answered with `reply` or `error`, `emit` is obeyed.
 *
 * The protocol is the one of npm's @superset-ui/switchboard, as its embedding package uses it.
 */

import { isRecord } from "../embed/protocol";

/** What may be asked or told, by name: a value, the promise of one, or an Error. */
export type Methods = Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => unknown>>;

export type Reply =
  | { readonly switchboardAction: "reply"; readonly messageId: unknown; readonly result: unknown }
  | { readonly switchboardAction: "error"; readonly messageId: unknown; readonly error: string };

/** Milliseconds that the page around has to answer a question. */
const PATIENCE = 10_000;

/** Obey or answer one message; null when nothing is to be sent back. */
export async function answer(methods: Methods, message: unknown): Promise<Reply | null> {
  if (!isRecord(message)) return null;
  const { switchboardAction: action, method, messageId, args } = message;
  if (action !== "get" && action !== "emit") return null;
  const outcome = await call(methods, String(method), isRecord(args) ? args : {});
  if (action === "emit") return null;
  return outcome instanceof Error
    ? { switchboardAction: "error", messageId, error: outcome.message }
    : { switchboardAction: "reply", messageId, result: outcome };
}

async function call(methods: Methods, name: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) return new Error(`Method "${name}" is not defined.`);
  try {
    return await method(args);
  } catch (error) {
    return error instanceof Error ? error : new Error(`Method "${name}" failed.`);
  }
}

export class Switchboard {
  private questions = 0;
  private readonly waiting = new Map<string, (result: unknown) => void>();

  constructor(private readonly port: MessagePort, private readonly methods: Methods) {
    port.addEventListener("message", (event: MessageEvent<unknown>) => void this.hear(event.data));
    port.start();
  }

  emit(method: string, args: Readonly<Record<string, unknown>>): void {
    this.port.postMessage({ switchboardAction: "emit", method, args });
  }

  /** Ask the page around; null when it refuses or does not answer in time. */
  get(method: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const messageId = `m_embedhost_${++this.questions}`;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(null), PATIENCE);
      const settle = (result: unknown): void => {
        clearTimeout(timer);
        if (this.waiting.delete(messageId)) resolve(result);
      };
      this.waiting.set(messageId, settle);
      this.port.postMessage({ switchboardAction: "get", method, messageId, args });
    });
  }

  private async hear(message: unknown): Promise<void> {
    const settle = isRecord(message) ? this.waiting.get(String(message["messageId"])) : undefined;
    if (settle !== undefined && isRecord(message)) return settle(message["result"] ?? null);
    const reply = await answer(this.methods, message);
    if (reply !== null) this.port.postMessage(reply);
  }
}
