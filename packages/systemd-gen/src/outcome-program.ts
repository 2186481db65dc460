import { GENERATED_LINE, type GeneratedFile } from "@oroboros/slot-contract/host";

/**
 * Runs after each end of a unit (`ExecStopPost=`), so it is a shell's four lines and not a Node: `outcome UNIT FILE GROUP`. What it
 * writes is `unitOutcomeSchema`'s; systemd's words for an end need no quoting.
 */
export const outcomeProgram = (): GeneratedFile => ({
  // Below infra/, and below the release that it is copied to.
  path: "bin/outcome",
  text: SCRIPT,
  kind: "file",
  installed: null,
});

const SCRIPT = `#!/bin/sh
# ${GENERATED_LINE}
set -eu
umask 0027
printf '{"unit":"%s","invocation_id":"%s","result":"%s","exit_code":"%s","exit_status":"%s"}\\n' \\
  "$1" "$INVOCATION_ID" "$SERVICE_RESULT" "\${EXIT_CODE-}" "\${EXIT_STATUS-}" >"$2.tmp"
chgrp "$3" "$2.tmp"
mv -f "$2.tmp" "$2"
`;
