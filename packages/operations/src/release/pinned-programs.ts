import { readTextFile, runCommand } from "@oroboros/host";
import { OperatorError } from "@oroboros/slot-contract";
import { runtimeProgram } from "@oroboros/slot-contract/host";
import type { HostReleaseRequest } from "./release-request.ts";

const DEADLINE_MS = 30_000;

interface PinnedProgram {
  name: "node" | "pnpm";
  from: string;
  /** Where every release that needs this version finds it. */
  shared: string;
}

/** The programs that a release brings along, by their versions. */
export async function pinnedPrograms(request: HostReleaseRequest): Promise<PinnedProgram[]> {
  const { contract, node, pnpm } = request;
  const versions = { node: await nodeVersion(node), pnpm: await pnpmVersion(request) };
  const program = (name: PinnedProgram["name"], from: string): PinnedProgram => ({
    name,
    from,
    shared: runtimeProgram(contract, `${name}-${versions[name]}`, name),
  });
  return [program("node", node), program("pnpm", pnpm)];
}

async function nodeVersion(node: string): Promise<string> {
  const argv = [node, "--version"] as const;
  const { stdout } = await runCommand({ argv, cwd: "/", env: { PATH: "/usr/bin:/bin" }, timeoutMs: DEADLINE_MS });
  const version = /^v(\d+\.\d+\.\d+)$/m.exec(stdout)?.[1];
  if (version !== undefined) return version;
  throw new OperatorError("component_missing", `${node} is no Node: it does not tell its version.`, {
    hint: "Get the pinned one with: scripts/bootstrap.sh",
  });
}

/** Without asking pnpm, which wants a home it can write to before it answers. */
async function pnpmVersion({ checkout }: HostReleaseRequest): Promise<string> {
  const manifest = (await readTextFile(`${checkout}/package.json`)) ?? "";
  const version = /"packageManager": "pnpm@(\d+\.\d+\.\d+)"/.exec(manifest)?.[1];
  if (version !== undefined) return version;
  throw new OperatorError("not_installed", `${checkout}/package.json names no pnpm as its packageManager.`, {
    hint: "Install from a clone of the repository.",
  });
}
