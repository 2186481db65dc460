import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { withTempDir } from "@oroboros/test-support";
import type * as leaseFunctions from "./lease-functions.ts";

const PACKAGE = resolve(import.meta.dirname, "../..");
const FUNCTIONS = "test/lease-proofs/lease-functions.ts";

export type LeaseFunctions = typeof leaseFunctions;

/** A defect that somebody could write: the same text is replaced wherever it stands in one file. */
export interface Mutant {
  name: string;
  /** Below src. */
  file: string;
  edits: readonly (readonly [before: string, after: string])[];
}

/** Runs `use` with the package as it would be with this defect: a copy of its source, outside the repository. */
export function withMutant<T>(mutant: Mutant, use: (leases: LeaseFunctions) => Promise<T>): Promise<T> {
  return withTempDir(async (folder) => {
    await cp(`${PACKAGE}/src`, `${folder}/src`, { recursive: true });
    await symlink(`${PACKAGE}/node_modules`, `${folder}/node_modules`);
    await cp(`${PACKAGE}/${FUNCTIONS}`, `${folder}/${FUNCTIONS}`);
    await writeFile(`${folder}/src/${mutant.file}`, await mutatedSource(mutant));
    return use((await import(pathToFileURL(`${folder}/${FUNCTIONS}`).href)) as LeaseFunctions);
  });
}

/** @throws Error where the source no longer says what the mutant replaces: then it has to be written anew. */
export async function mutatedSource({ name, file, edits }: Mutant): Promise<string> {
  let text = await readFile(`${PACKAGE}/src/${file}`, "utf8");
  for (const [before, after] of edits) {
    if (!text.includes(before)) throw new Error(`mutant "${name}": ${file} no longer contains ${before}`);
    text = text.replaceAll(before, after);
  }
  return text;
}
