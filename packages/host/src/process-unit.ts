import { readFileSync } from "node:fs";

/** The systemd unit that a process belongs to, by its cgroup (cgroups(7)); undefined where it belongs to none, or is gone. */
export function unitOfProcess(pid: number): string | undefined {
  return unitOfCgroup(readOrEmpty(`/proc/${pid}/cgroup`));
}

/** Of the lines `hierarchy:controllers:path`, systemd's own is its named hierarchy of version 1, or the only one of version 2. */
export function unitOfCgroup(text: string): string | undefined {
  const lines = text.split("\n");
  const own = lines.find((line) => line.includes(":name=systemd:")) ?? lines.find((line) => line.startsWith("0::"));
  return own?.split("/").findLast((piece) => /\.(service|socket|scope)$/.test(piece));
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
