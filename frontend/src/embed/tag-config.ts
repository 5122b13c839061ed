/** What a page writes on viaSocket's tag or gives to `viaSocket.mount()`, read leniently; pure functions. */

import { isRecord } from "./protocol";

type Fields = Readonly<Record<string, unknown>>;

/** How the dashboard stands in the page: over all of it, at a side, in its middle. */
export type Shape = "all_space" | "right_slider" | "left_slider" | "popup";

export interface TagWish {
  readonly token: string;
  /** Where the dashboard stands inline; null opens a dialog. */
  readonly parent: Element | string | null;
  readonly config: Fields;
  /** Which dashboard of the workspace's tag list, by its embed id; null is the default one. */
  readonly dashboard: string | null;
  readonly environment: string | null;
  readonly locale: string | null;
  readonly variables: Fields;
}

export const NO_WISH: TagWish = { token: "", parent: null, config: {}, dashboard: null, environment: null, locale: null, variables: {} };

const SIZES: Readonly<Record<Shape, readonly [width: string, height: string]>> = {
  all_space: ["100%", "100%"],
  right_slider: ["40%", "100%"],
  left_slider: ["40%", "100%"],
  popup: ["80%", "90%"],
};

const CONFIG = ["type", "width", "widthUnit", "height", "heightUnit", "backdrop", "title", "closeLabel", "links"];

/** Change a wish by the keys that are there: the vendor's (`embedToken`, `parent`, `config`, or config's own) and ours. */
export function withWishes(wish: TagWish, given: unknown): TagWish {
  if (!isRecord(given)) return wish;
  const text = (name: string, before: string | null): string | null => {
    const value = given[name];
    return value === undefined ? before : typeof value === "string" && value.trim() !== "" ? value.trim() : null;
  };
  const named = Object.fromEntries(CONFIG.filter((name) => name in given).map((name) => [name, given[name]]));
  return {
    token: text("embedToken", wish.token) ?? "",
    parent: isRecord(given["parent"]) ? (given["parent"] as unknown as Element) : text("parent", null) ?? text("parentId", null) ?? wish.parent,
    config: { ...wish.config, ...fields(given["config"]), ...named },
    dashboard: text("dashboard", wish.dashboard),
    environment: text("environment", wish.environment),
    locale: text("locale", wish.locale),
    variables: given["variables"] === undefined ? wish.variables : fields(given["variables"]),
  };
}

/** Read a JSON object out of an attribute, or take one as it is; everything else is an empty one. */
export function fields(value: unknown): Fields {
  if (typeof value !== "string") return isRecord(value) ? value : {};
  try {
    return fields(JSON.parse(value) ?? {});
  } catch {
    return {};
  }
}

export function shapeOf(config: Fields): Shape {
  const type = config["type"];
  return typeof type === "string" && Object.hasOwn(SIZES, type) ? (type as Shape) : "right_slider";
}

/** Width and height as CSS lengths; a number without a known unit keeps the shape's own. */
export function sizeOf(config: Fields): readonly [width: string, height: string] {
  const [width, height] = SIZES[shapeOf(config)];
  return [lengthOf(config["width"], config["widthUnit"]) ?? width, lengthOf(config["height"], config["heightUnit"]) ?? height];
}

/** Read `40` and `%`, or `"40%"`; null when it is no length. */
export function lengthOf(value: unknown, unit: unknown): string | null {
  const found = /^(\d{1,5}(?:\.\d+)?)(%|px|vw|vh|r?em)?$/.exec(String(value).trim());
  return found === null ? null : `${found[1]}${found[2] ?? /^(%|px|vw|vh|r?em)$/.exec(String(unit))?.[0] ?? "%"}`;
}

/** Write the frame's address. The token is not in it; whose page it is comes from the token's readable claims. */
export function tagAddress(base: string, wish: TagWish, timeZone: string): string {
  const query = new URLSearchParams({ time_zone: timeZone });
  const { dashboard, environment, locale } = wish;
  for (const [name, value] of Object.entries({ dashboard, environment, locale_code: locale })) if (value) query.set(name, value);
  return `${base}/embedded/tag/${placeOf(wish.token)}?${query.toString()}`;
}

/** Organization and workspace of a token; `-/-`, which nothing answers, when it does not say them. */
export function placeOf(token: string): string {
  try {
    const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const { org_id: organization, project_id: project } = fields(atob(payload));
    return /^\d{1,19}\/\w{1,64}$/.exec(`${String(organization)}/${String(project)}`)?.[0] ?? "-/-";
  } catch {
    return "-/-";
  }
}
