/** Entry of /embed.js. */

import { define } from "./define";

define("embedhost-dashboard");
