import { OPERATORS_GROUP, slotIds, type RuntimeContract } from "@oroboros/slot-contract";
import {
  API_USER,
  APP_USER,
  BUILD_USER,
  GENERATED_LINE,
  type GeneratedFile,
  PACKAGES_USER,
  slotUser,
  SYSUSERS_DIRECTORY,
  WEB_USER,
  WORKER_USER,
} from "@oroboros/slot-contract/host";
import { line } from "../tmpfiles/line.ts";

/** The users of a host, for `systemd-sysusers`: each with a group of its name, no home, no shell and no password. */
export function renderSysusers(contract: RuntimeContract): GeneratedFile {
  const users: [name: string, description: string][] = [
    [API_USER, "Oroboros api"],
    [WORKER_USER, "Oroboros worker"],
    [WEB_USER, "Oroboros web surfaces"],
    [PACKAGES_USER, "Oroboros package cache"],
    [BUILD_USER, "Oroboros release builds"],
    [APP_USER, "Oroboros production application"],
    ...slotIds(contract).map((slot): [string, string] => [slotUser(slot), `Oroboros slot ${slot}`]),
  ];
  const lines = [
    ...users.map(([name, description]) => line(["u", name, "-", description, "/", "/usr/sbin/nologin"])),
    line(["g", OPERATORS_GROUP, "-"]),
  ];
  return {
    path: "sysusers/oroboros.conf",
    text: `# ${GENERATED_LINE}\n${lines.join("")}`,
    kind: "file",
    installed: { path: `${SYSUSERS_DIRECTORY}/oroboros.conf`, mode: 0o644 },
  };
}
