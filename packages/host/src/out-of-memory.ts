import { readFileSync } from "node:fs";

/**
 * Whether the kernel has ended a process of this one's control group for its memory. systemd tells so only of cgroup v2, and there
 * only of a unit's main process (systemd.service(5), `OOMPolicy=`).
 */
export function isOutOfMemory(): boolean {
  try {
    const counts = readFileSync(countsFile(readFileSync("/proc/self/cgroup", "utf8")), "utf8");
    return Number(/^oom_kill (?<count>\d+)$/m.exec(counts)?.groups?.["count"] ?? 0) > 0;
  } catch {
    // Without a memory controller nobody counts.
    return false;
  }
}

/** cgroups(7): `hierarchy:controllers:path`, with hierarchy 0 and no controllers for version 2. */
function countsFile(groups: string): string {
  const version1 = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(?<path>.*)$/m.exec(groups)?.groups?.["path"];
  if (version1 !== undefined) return `/sys/fs/cgroup/memory${version1}/memory.oom_control`;
  const version2 = /^0::(?<path>.*)$/m.exec(groups)?.groups?.["path"] ?? "";
  return `/sys/fs/cgroup${version2}/memory.events`;
}
