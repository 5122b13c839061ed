/** Entry of the pages without a token in their address. */

import { startBySuperset } from "./by-superset";
import { startByTag } from "./by-tag";
import { wireCopy } from "./copy";
import { readShell } from "./handover";

wireCopy();
const shell = readShell();
if (shell.format === "superset_guest") startBySuperset(shell);
else startByTag(shell);
