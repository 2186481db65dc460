import { pathToFileURL } from "node:url";
import type * as controlStore from "../../src/index.ts";

/** Everything the package exports: as it is, or as a mutant of it. */
export type LeaseFunctions = typeof controlStore;

/** Loads the package's source from another folder. */
export async function loadLeaseFunctions(sourceFolder: string): Promise<LeaseFunctions> {
  return (await import(pathToFileURL(`${sourceFolder}/index.ts`).href)) as LeaseFunctions;
}
