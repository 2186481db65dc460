import type { AppManifest } from "@oroboros/slot-contract";
import { entriesBelow } from "../git/entries-below.ts";
import type { TreeEntry } from "../git/source-reader.ts";

/** A manifest that says of both parts what installs their packages. */
export type InstallableManifest = AppManifest & {
  frontend: { install: string[] };
  backend: { install: string[] };
};

const PNPM_INSTALL = ["pnpm", "install", "--frozen-lockfile"];
const NOTHING = ["true"];

/** Fills in an `install` that was left out: pnpm where the part's directory has a `package.json` in the commit, else nothing. */
export function withInstalls(manifest: AppManifest, tree: readonly TreeEntry[]): InstallableManifest {
  const installOf = ({ dir, install }: { dir: string; install?: string[] | undefined }): string[] => {
    if (install !== undefined) return install;
    return entriesBelow(tree, dir).some(({ name }) => name === "package.json") ? PNPM_INSTALL : NOTHING;
  };
  const { frontend, backend } = manifest;
  return {
    ...manifest,
    frontend: { ...frontend, install: installOf(frontend) },
    backend: { ...backend, install: installOf(backend) },
  };
}
