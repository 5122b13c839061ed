/** Entry of /embed.js, which /prod-embedcomponent.js serves too. */

import { define } from "./define";
import { startTag } from "./tag";

define("embedhost-dashboard");
startTag();
