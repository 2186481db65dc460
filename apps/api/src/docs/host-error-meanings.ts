/** Codes of commands that act on a whole host. */
export const HOST_ERROR_MEANINGS = {
  component_missing: {
    means: "The host lacks a program or a service that the runtime is made of, or systemd itself.",
    next: "Install it with the `apt-get` line of the message.",
  },
  files_drifted: {
    means: "A generated file below `infra/`, or its installed copy, is not what the contract says.",
    next: "Write them again with `oroboros render`, or install them with `scripts/systemd-install-runtime.sh`.",
  },
  file_edited: {
    means: "A file that installation would replace was changed by hand.",
    next: "Look at the difference; keep your change in `infra/contract.ts`, or give it up with `--replace`.",
  },
  tree_not_committed: {
    means: "The checkout holds changes that no commit has: a release is exactly one commit.",
    next: "Commit them, or put them aside, and type it again.",
  },
  unsafe_file: {
    means: "A file with secrets belongs to somebody else, or others may read or write it.",
    next: "Give it the owner and the mode that the message names.",
  },
  unit_failed: {
    means: "A systemd unit could not be started or stopped.",
    next: "Read its last lines in the message, or all of them with `journalctl -u <unit>`.",
  },
};
