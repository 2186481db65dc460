import { readTextFile } from "@oroboros/host";
import type { RuntimeContract } from "@oroboros/slot-contract";
import { releaseNode, releasePrograms } from "@oroboros/slot-contract/host";
import { askProgram } from "./ask-program.ts";

/** Versions by program; null where there is none. */
export type Versions = Readonly<Record<string, string | null>>;

/** Debian's packages of what a host consists of. */
const PACKAGES = ["systemd", "caddy", "postgresql-15", "redis-server", "git", "nftables", "polkitd"];

export async function observeVersions(contract: RuntimeContract): Promise<Versions> {
  const [packages, node, pnpm, kernel] = await Promise.all([
    packageVersions(),
    firstLine(releaseNode(contract), "--version"),
    firstLine(`${releasePrograms(contract)}/pnpm`, "--version"),
    readTextFile("/proc/sys/kernel/osrelease"),
  ]);
  return { ...packages, node: node?.replace(/^v/, "") ?? null, pnpm, kernel: kernel?.trim() ?? null };
}

async function packageVersions(): Promise<Versions> {
  const format = "--showformat=${db:Status-Abbrev}\t${Package}\t${Version}\n";
  const asked = await askProgram(["dpkg-query", "--show", format, ...PACKAGES]);
  const rows = asked.stdout.split("\n").map((line) => line.split("\t"));
  const installed = new Map(
    rows.flatMap(([status, name, version]) => (status?.startsWith("ii") ? [[name, version]] : [])),
  );
  return Object.fromEntries(PACKAGES.map((name) => [name, installed.get(name) ?? null]));
}

async function firstLine(program: string, argument: string): Promise<string | null> {
  const { ok, stdout } = await askProgram([program, argument]);
  return ok ? (stdout.split("\n")[0] ?? null) : null;
}
