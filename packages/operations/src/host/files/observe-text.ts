import { pathAccess, readTextFile } from "@oroboros/host";
import type { ObservedText } from "./host-text.ts";

/** What lies at a path. Only a regular file's text is read: anything else there is unsafe, whatever it says. */
export async function observeText(path: string): Promise<ObservedText> {
  const access = pathAccess(path);
  return { access, text: access?.kind === "file" ? await readTextFile(path) : undefined };
}
