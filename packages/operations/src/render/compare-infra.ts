import { filesBelow, readTextFile } from "@oroboros/host";
import { isGenerated, type GeneratedFile } from "@oroboros/slot-contract/host";

/** How a directory differs from what the contract renders, by paths below it. */
export interface InfraDrift {
  missing: string[];
  changed: string[];
  /** Generated once, and rendered no more. */
  left_over: string[];
}

/** What `infra/` holds beside what is rendered: a generated file in one of these is the renderer's, anything else its author's. */
export const RENDERED_DIRECTORIES = ["bin", "caddy", "nftables", "polkit", "sysctl", "systemd", "sysusers", "tmpfiles"];

/** Compares a directory with what the contract renders; nothing is changed. */
export async function compareInfra(files: readonly GeneratedFile[], directory: string): Promise<InfraDrift> {
  const drift: InfraDrift = { missing: [], changed: [], left_over: await leftOver(files, directory) };
  for (const { path, text } of files) {
    const found = await readTextFile(`${directory}/${path}`);
    if (found === undefined) drift.missing.push(path);
    else if (found !== text) drift.changed.push(path);
  }
  return drift;
}

export const isDrifted = ({ missing, changed, left_over }: InfraDrift): boolean =>
  missing.length + changed.length + left_over.length > 0;

async function leftOver(files: readonly GeneratedFile[], directory: string): Promise<string[]> {
  const rendered = new Set(files.map(({ path }) => path));
  const others = RENDERED_DIRECTORIES.flatMap((name) =>
    filesBelow(`${directory}/${name}`).map((path) => `${name}/${path}`),
  ).filter((path) => !rendered.has(path));
  const generated = await Promise.all(
    others.map(async (path) => isGenerated((await readTextFile(`${directory}/${path}`)) ?? "")),
  );
  return others.filter((_path, index) => generated[index]);
}
