/** Entry of the page in the frame. The token leaves the address before anything else happens. */

import { takeToken } from "./address";
import { readBoot } from "./boot";
import { need } from "./dom";
import { Page } from "./page";

const { token, clean } = takeToken(location.pathname, location.search);
history.replaceState(null, "", clean);
if (token !== null) new Page(readBoot(JSON.parse(need("#boot", HTMLScriptElement).textContent ?? "")), token).start();
