import { filesBelow, makeDirectory, removeTree, writeFileAtomic } from "@oroboros/host";
import type { GeneratedFile } from "@oroboros/slot-contract/host";
import { compareInfra } from "./compare-infra.ts";

export interface InfraWritten {
  written: string[];
  removed: string[];
  unchanged: number;
}

/** Brings a directory to what the contract renders; what is so already is not touched. */
export async function writeInfra(files: readonly GeneratedFile[], directory: string): Promise<InfraWritten> {
  const { missing, changed, left_over } = await compareInfra(files, directory);
  const wrong = new Set([...missing, ...changed]);
  for (const { path, text } of files) {
    if (!wrong.has(path)) continue;
    const file = `${directory}/${path}`;
    makeDirectory(file.slice(0, file.lastIndexOf("/")), { mode: 0o755 });
    await writeFileAtomic(file, text);
  }
  await removeFiles(left_over.map((path) => `${directory}/${path}`));
  const written = files.map(({ path }) => path).filter((path) => wrong.has(path));
  return { written, removed: left_over, unchanged: files.length - written.length };
}

/** And the directories that are empty then: of a slot's drop-ins, say. */
async function removeFiles(files: readonly string[]): Promise<void> {
  await removeTree(...files);
  const directories = new Set(files.map((file) => file.slice(0, file.lastIndexOf("/"))));
  await removeTree(...[...directories].filter((directory) => filesBelow(directory).length === 0));
}
