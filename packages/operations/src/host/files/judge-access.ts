import type { PathAccess } from "@oroboros/host";
import type { HostText } from "./host-text.ts";

const octal = (mode: number): string => mode.toString(8).padStart(4, "0");

/**
 * What is wrong with a file's owner or mode, and the line that puts it right; undefined where nothing is. A file of somebody else's
 * that only has a block of ours in it is his own business.
 */
export function judgeAccess(
  { kind, path, mode }: Pick<HostText, "kind" | "path" | "mode">,
  access: PathAccess | undefined,
): { problem: string; repair: string } | undefined {
  if (access === undefined || kind === "block") return undefined;
  if (access.kind !== "file") {
    return { problem: `${path} is no file but ${NOUNS[access.kind]}`, repair: `rm -r ${path}` };
  }
  if (access.uid !== 0 || access.gid !== 0) {
    return { problem: `${path} belongs to ${access.uid}:${access.gid}, not to root`, repair: `chown 0:0 ${path}` };
  }
  if (access.mode === mode) return undefined;
  return {
    problem: `${path} has mode ${octal(access.mode)}, not ${octal(mode)}`,
    repair: `chmod ${octal(mode)} ${path}`,
  };
}

const NOUNS = { link: "a link", directory: "a directory", other: "a device or a pipe" } as const;
