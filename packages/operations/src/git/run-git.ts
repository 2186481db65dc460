import { runCommand, type CommandResult, type CommandSpec } from "@oroboros/host";

const GIT_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** Settings of a repository that could make git execute something, switched off. */
const INERT = [
  "core.fsmonitor=false",
  "core.hooksPath=/dev/null",
  "core.attributesFile=/dev/null",
  "protocol.allow=never",
];

/** Nothing of the caller's environment reaches git; `PATH` only finds git's own programs. */
const ENVIRONMENT = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_TERMINAL_PROMPT: "0",
  // A partial clone fetches what it lacks by whatever transport its settings name. Only this outranks their protocol.<name>.allow.
  GIT_ALLOW_PROTOCOL: "",
};

/**
 * Runs git on a repository named explicitly, so that it neither discovers one nor refuses one of another owner.
 * `args` come from us; whatever a user named in them stands behind `--end-of-options` or is a checked commit id.
 */
export function runGit(
  repository: string,
  args: readonly string[],
  options: Pick<CommandSpec, "maxOutputBytes" | "onOutput" | "input" | "signal"> = {},
): Promise<CommandResult> {
  return runCommand({
    argv: ["git", `--git-dir=${repository}`, ...INERT.flatMap((setting) => ["-c", setting]), ...args],
    cwd: "/",
    env: ENVIRONMENT,
    timeoutMs: GIT_TIMEOUT_MS,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    ...options,
  });
}
