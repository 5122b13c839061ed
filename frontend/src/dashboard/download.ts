/** Saves a panel's rows as a file, without the token in any address. */

import type { CsvFile } from "./data";
import { make } from "./dom";

export function save({ name, blob }: CsvFile): void {
  const address = URL.createObjectURL(blob);
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
