import type { RuntimeContract } from "@oroboros/slot-contract";
import {
  BACKEND_LOG_LINK,
  backendLogsPath,
  GENERATED_LINE,
  type GeneratedFile,
  TMPFILES_DIRECTORY,
} from "@oroboros/slot-contract/host";
import { directories, type Directory } from "./directories.ts";
import { line } from "./line.ts";

/** The directories of a host, for `systemd-tmpfiles`, which makes those below `/run` and `/tmp` again at every boot. */
export function renderTmpfiles(contract: RuntimeContract): GeneratedFile {
  const lines = [
    ...directories(contract).map(directoryLine),
    // `+`: whoever put something else there after a boot must not keep the documents' place for a log.
    line(["L+", BACKEND_LOG_LINK, "-", "-", "-", "-", backendLogsPath(contract)]),
  ];
  return {
    path: "tmpfiles/oroboros.conf",
    text: `# ${GENERATED_LINE}\n${lines.join("")}`,
    kind: "file",
    installed: { path: `${TMPFILES_DIRECTORY}/oroboros.conf`, mode: 0o644 },
  };
}

function directoryLine({ path, mode, user, group }: Directory): string {
  return line(["d", path, mode.toString(8).padStart(4, "0"), user, group, "-"]);
}
