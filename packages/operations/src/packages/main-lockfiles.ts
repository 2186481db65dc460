import type { MainLockfile } from "@oroboros/host/supervisor-client";
import type { CommitSha } from "@oroboros/slot-contract";
import { readFileAt, readManifest } from "../git/read-source.ts";
import type { SourceReader } from "../git/source-reader.ts";
import { lockfileOf } from "./lockfile-of.ts";
import { withInstalls } from "./with-installs.ts";
import { isPnpmInstall } from "./with-package-cache.ts";

/** The lockfiles that main's own manifest installs by with pnpm, each once; none for an application of another toolchain. */
export async function mainLockfiles(source: SourceReader, main: CommitSha): Promise<MainLockfile[]> {
  const [manifest, tree] = await Promise.all([readManifest(source, main), source.listTree(main)]);
  const { frontend, backend } = withInstalls(manifest, tree);
  const entries = [frontend, backend]
    .filter(({ install }) => isPnpmInstall(install))
    .flatMap(({ dir }) => lockfileOf(tree, dir) ?? []);
  const unique = [...new Map(entries.map((entry) => [entry.oid, entry])).values()];
  return Promise.all(unique.map(async ({ oid, path }) => ({ oid, text: await readFileAt(source, main, path) })));
}
