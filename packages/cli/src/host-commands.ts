import type { CommandSpec } from "./command.ts";

/** What is done to a systemd host, and to the files that it is installed from. */
export const HOST_COMMANDS: readonly CommandSpec[] = [
  {
    name: "render",
    summary:
      "Write everything below infra/ that derives from infra/contract.ts: units, env files, the Caddyfile and the rest; what is so already is not touched.",
    options: [
      { flags: "--check", help: "write nothing; exit 4 names each file that is missing, differs or is left over" },
      { flags: "--out <dir>", help: "another directory than the clone's infra/" },
    ],
    load: async () => (await import("./commands/render.ts")).render,
  },
];
