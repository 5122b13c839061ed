/** Entry of the page in the frame. The token leaves the address before anything else happens. */

import { takeToken, withToken } from "./address";
import { readBoot } from "./boot";
import { need } from "./dom";
import { hideVariables, readLook } from "./look";
import { Page } from "./page";

const { token, clean } = takeToken(location.pathname, location.search);
history.replaceState(null, "", clean + location.hash);
if (token !== null) {
  const boot = readBoot(JSON.parse(need("#boot", HTMLScriptElement).textContent ?? ""));
  const reopen = (fresh: string): void => location.replace(withToken(location.pathname, location.search, fresh) + location.hash);
  // Only Metabase's address has options behind the #.
  const look = readLook(location.pathname.startsWith("/embed/") ? location.hash : "");
  const mayExport = boot.mayExport && look.downloads;
  new Page({ ...boot, mayExport }, token, { reopen, refreshMinutes: look.refreshSeconds && look.refreshSeconds / 60 }).start();
  hideVariables(look.hidden);
}
