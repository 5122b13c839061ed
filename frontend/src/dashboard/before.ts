/** Entry of before.js, which Metabase's page runs before its body is there: the options behind the `#` show at once. */

import { applyLook, readLook } from "./look";

const look = readLook(location.hash);
applyLook(document.documentElement, look);
if (look.hidden.length > 0 && "adoptedStyleSheets" in document) {
  const sheet = new CSSStyleSheet();
  for (const name of look.hidden) sheet.insertRule(`[data-variable="${CSS.escape(name)}"] { display: none !important; }`);
  document.adoptedStyleSheets = [sheet];
}
