/** Entry of /bundle.js: also the element's name that pages written for Explo use. */

import { define } from "../embed/define";

define("embedhost-dashboard");
define("explo-dashboard");
