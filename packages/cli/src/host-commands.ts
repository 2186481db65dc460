import { HEALTH_SCOPES } from "@oroboros/slot-contract";
import { MAINTENANCE_TASKS, type MaintenanceTask } from "@oroboros/slot-contract/host";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { DRY_RUN } from "./option-specs.ts";

const MAINTENANCE_SUMMARIES: Record<MaintenanceTask, string> = {
  "reap-leases":
    "End the leases that ran out, and wake a worker to clean their slots; what happens without any worker.",
  "audit-resets":
    "Compare the slots' databases, logins and templates with what was recorded of them; exit 4 names what is not as it was.",
  prune: "Remove evidence, packages and template databases that are past their ages and budgets.",
  "daily-summary":
    "Write how the installation did in the last 24 hours below artifacts/maintenance, with an audit of all contents, and keep the last 30 of these files.",
};

const REPLACE: OptionSpec = {
  flags: "--replace",
  help: "put back files of the installation that were changed by hand, and their owners and modes",
};

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
  {
    name: "host install",
    summary:
      "Make this Debian host one of the clone's infra/contract.ts: users, directories, units, secrets, PostgreSQL, and the clone's commit as the first release. What is so already is not touched; what was changed by hand is shown, and refused.",
    options: [REPLACE, DRY_RUN],
    load: async () => (await import("./commands/host-install.ts")).hostInstall,
  },
  {
    name: "host up",
    summary: "Start an installed host, and wait until everything on it is healthy.",
    options: [],
    load: async () => (await import("./commands/host-up.ts")).hostUp,
  },
  {
    name: "host down",
    summary: "Stop what the runtime has on this host, previews included; data, PostgreSQL and Redis stay as they are.",
    options: [],
    load: async () => (await import("./commands/host-down.ts")).hostDown,
  },
  {
    name: "slots provision",
    summary:
      "Install, or bring up to date, the env files and units of an installed host's slots, and start their surfaces.",
    options: [REPLACE, DRY_RUN],
    load: async () => (await import("./commands/slots-provision.ts")).slotsProvision,
  },
  {
    name: "host health-check",
    summary:
      "Ask every service of this host for its health, all at once: servers, api, worker, proxy, each surface directly and by its site's name, each slot's backend; exit 4 says why each that failed did, and what to type next.",
    options: [
      {
        flags: "--scope <scope>",
        help: "production leaves the previews out, slots everything else",
        choices: HEALTH_SCOPES,
        default: "all",
      },
    ],
    load: async () => (await import("./commands/host-health-check.ts")).hostHealthCheck,
  },
  ...MAINTENANCE_TASKS.map((task): CommandSpec => ({
    name: `maintenance ${task}`,
    summary: MAINTENANCE_SUMMARIES[task],
    // The audit changes nothing anyway.
    options: task === "audit-resets" ? [] : [DRY_RUN],
    load: async () => (await import("./commands/maintenance.ts")).maintenance(task),
  })),
];
