/** The console's script. Every page works without it; it spares steps: copying, dialogs, hiding a shown secret again. */

import { copyOnClick } from "./copy";
import { openDialogs } from "./dialog";
import { fitFrame } from "./preview";
import { hideLater } from "./reveal";
import { keepLanguage } from "./snippets";
import { trackChanges } from "./unsaved";

document.documentElement.classList.add("js");
copyOnClick(document);
openDialogs(document);
for (const timer of document.querySelectorAll<HTMLElement>("[data-countdown]")) hideLater(timer);
for (const frame of document.querySelectorAll<HTMLIFrameElement>(".frame iframe")) fitFrame(frame);
for (const box of document.querySelectorAll<HTMLElement>("[data-snippets]")) keepLanguage(box);
for (const form of document.querySelectorAll<HTMLFormElement>("form[data-track]")) trackChanges(form);
for (const list of document.querySelectorAll<HTMLSelectElement>("select[data-submit]")) {
  list.addEventListener("change", () => list.form?.requestSubmit());
}
