import { readFileSync } from "node:fs";
import { OperatorError } from "@oroboros/slot-contract";
import type { Owner } from "./stage.ts";

/**
 * The ids of one of this host's own accounts (passwd(5)).
 *
 * @throws OperatorError `not_installed` where the host has no such account.
 */
export function accountOf(name: string): Owner {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  throw new OperatorError("not_installed", `This host has no user ${name}.`, {
    hint: "Make the runtime's users with: scripts/systemd-install-runtime.sh",
  });
}
