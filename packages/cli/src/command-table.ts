import { BACKEND_COMMANDS, PUBLISH_STEPS, ROLES, RUN_STATES } from "@oroboros/slot-contract";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { HOST_COMMANDS } from "./host-commands.ts";
import { DRY_RUN, FOLLOW, FORCE, RUN, RUN_ID } from "./option-specs.ts";
import { RUN_ACTION_COMMANDS } from "./run-action-commands.ts";
import { SNAPSHOT_COMMANDS } from "./snapshot-commands.ts";

const SLOT: OptionSpec = { flags: "--slot <slot>", help: "preview-<n>, or its alias preview<n>", required: true };
const SEED_VERSION: OptionSpec = {
  flags: "--seed-version <version>",
  help: "a seed of main: one of database.seeds in oroboros.app.json, or infra/db/preview/seeds/<version>.sql",
  required: true,
};
const STARTS_FROM: readonly OptionSpec[] = [
  {
    flags: "--strategy <strategy>",
    help: "what the database starts from",
    choices: ["seed", "snapshot"],
    default: "seed",
  },
  { flags: SEED_VERSION.flags, help: `${SEED_VERSION.help}, for --strategy seed` },
  { flags: "--snapshot-version <version>", help: "a snapshot, for --strategy snapshot" },
];

const PORT_OFFSET: OptionSpec = {
  flags: "--port-offset <n>",
  help: "added to every port, 0 to 10000 (default: that of the installation in the directory, else 0); unless --root names the directory it is /var/tmp/oroboros-<uid>-<n>, even where OROBOROS_ROOT names another",
};
const TRUST_BRANCH: OptionSpec = {
  flags: "--trust-branch",
  help: "without root: run branches as yourself, isolated from nothing",
};

const BACKEND_SUMMARIES: Record<(typeof BACKEND_COMMANDS)[number], string> = {
  start: "Start a slot's backend and wait until it is healthy.",
  stop: "Stop a slot's backend; it stays stopped until it is started.",
  restart: "Stop and start a slot's backend.",
  status: "Say whether a slot's backend runs, where, and on what.",
  health: "Ask a slot's backend for its health.",
};
const BACKEND_OPTIONS: readonly OptionSpec[] = [
  SLOT,
  { flags: "--worktree-path <path>", help: "start what lies here instead of the slot's latest publish" },
  { flags: "--health-timeout-seconds <seconds>", help: "how long to wait for a healthy answer" },
];

export const NOUNS: Readonly<Record<string, string>> = {
  runs: "Branches on their way to a preview.",
  slots: "The preview slots of this host.",
  db: "The slots' databases.",
  "db snapshot": "What databases held once, for others to start from.",
  backend: "The slots' backend processes.",
  token: "Access to the api.",
  audit: "Who did what: a log whose rows are chained by their hashes.",
  maintenance:
    "What a host's timers do from time to time. On a host root types `systemctl start ouroboros-<task>.service`, which does it as the worker's user; the command itself is refused.",
  runtime: "A whole installation below one directory, with a PostgreSQL of its own.",
  host: "A whole installation on a host of its own, under systemd.",
};

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: "runs create",
    summary: "Publish a branch or a commit to the next free slot.",
    options: [
      { flags: "--title <title>", help: "what the run is about", required: true },
      { flags: "--branch <branch>", help: "the branch to publish (default: main)" },
      { flags: "--commit <sha>", help: "the exact commit to publish, by its full id" },
      { flags: "--prompt <text>", help: "what was asked for" },
      { flags: "--route <route>", help: "on which page of the application it was asked for" },
      { flags: "--page-title <title>", help: "that page's title" },
      { flags: "--element-hint <text>", help: "which element of the page it is about" },
      { flags: "--note <text>", help: "what else is to be known" },
      { flags: "--wait", help: "wait until the preview is up or the run has failed" },
      { flags: "--wait-seconds <seconds>", help: "how long --wait waits", default: "1800" },
    ],
    load: async () => (await import("./commands/runs-create.ts")).runsCreate,
  },
  {
    name: "runs publish",
    summary:
      "Publish a live run again: its branch's head, or another commit. What did not change is not made again; changed migrations give the preview main's data anew.",
    argument: RUN,
    options: [
      { flags: "--commit <sha>", help: "the exact commit to publish, by its full id (default: the branch's head)" },
      { flags: "--wait", help: "wait until the publish has ended" },
      { flags: "--wait-seconds <seconds>", help: "how long --wait waits", default: "1800" },
    ],
    load: async () => (await import("./commands/runs-publish.ts")).runsPublish,
  },
  {
    name: "runs list",
    summary: "List the runs, newest first.",
    options: [
      { flags: "--status <status...>", help: "only runs in these states", choices: RUN_STATES },
      { flags: "--route <route>", help: "only runs asked for on this page of the application" },
      { flags: "--limit <count>", help: "at most this many" },
      { flags: "--offset <count>", help: "leave out this many first" },
    ],
    load: async () => (await import("./commands/runs-list.ts")).runsList,
  },
  {
    name: "runs show",
    summary:
      "Show a run: until when it keeps its slot, who decided on it, what to type next, its events and artifacts.",
    argument: RUN,
    options: [],
    load: async () => (await import("./commands/runs-show.ts")).runsShow,
  },
  {
    name: "runs events",
    summary: "List a run's events, oldest first.",
    argument: RUN,
    options: [FOLLOW],
    load: async () => (await import("./commands/runs-events.ts")).runsEvents,
  },
  {
    name: "runs logs",
    summary: "Print what the steps of a run's publishes wrote down, each step's log once the step has ended.",
    argument: RUN,
    options: [{ flags: "--step <step>", help: "only this step", choices: Object.keys(PUBLISH_STEPS) }, FOLLOW],
    load: async () => (await import("./commands/runs-logs.ts")).runsLogs,
  },
  {
    name: "runs cancel",
    summary: "Cancel a run and free its slot.",
    argument: RUN,
    options: [],
    load: async () => (await import("./commands/runs-cancel.ts")).runsCancel,
  },
  ...RUN_ACTION_COMMANDS,
  {
    name: "slots list",
    summary: "List the slots and who holds them.",
    options: [],
    load: async () => (await import("./commands/slots-list.ts")).slotsList,
  },
  {
    name: "slots release",
    summary: "End a slot's lease; the run that held it is canceled.",
    argument: { name: "slot", help: SLOT.help },
    options: [RUN_ID],
    load: async () => (await import("./commands/slots-release.ts")).slotsRelease,
  },
  {
    name: "slots reap-expired",
    summary: "End the leases that ran out; their runs expire, and the slots are cleaned.",
    options: [],
    load: async () => (await import("./commands/slots-reap-expired.ts")).slotsReapExpired,
  },
  {
    name: "slots replace",
    summary: "Expire the preview that waits in a slot, and keep the slot for a queued run.",
    argument: { name: "slot", help: SLOT.help },
    options: [{ ...RUN_ID, help: "the queued run that is given the slot", required: true }],
    load: async () => (await import("./commands/slots-replace.ts")).slotsReplace,
  },
  {
    name: "slots allocate",
    summary: "Lease a slot for a queued run and give it a fresh database, from a seed or a snapshot.",
    options: [{ ...RUN_ID, help: "the queued run", required: true }, ...STARTS_FROM, DRY_RUN],
    load: async () => (await import("./commands/slots-allocate.ts")).slotsAllocate,
  },
  {
    name: "slots health-check",
    summary: "Ask every slot's surface and backend for their health.",
    options: [],
    load: async () => (await import("./commands/slots-health-check.ts")).slotsHealthCheck,
  },
  {
    name: "db reset",
    summary: "Replace a slot's database by an empty, migrated one.",
    options: [SLOT, RUN_ID, FORCE, DRY_RUN],
    load: async () => (await import("./commands/db-reset.ts")).dbReset,
  },
  {
    name: "db seed",
    summary: "Apply a seed to a slot's empty database.",
    options: [SLOT, SEED_VERSION, RUN_ID, FORCE, DRY_RUN],
    load: async () => (await import("./commands/db-seed.ts")).dbSeed,
  },
  {
    name: "db reset-and-seed",
    summary: "Replace a slot's database by a migrated and seeded one, or by a copy of a snapshot.",
    options: [SLOT, RUN_ID, FORCE, ...STARTS_FROM, DRY_RUN],
    load: async () => (await import("./commands/db-reset.ts")).dbResetAndSeed,
  },
  {
    name: "db migrate",
    summary: "Apply to a slot's database the migrations of the commit it holds.",
    options: [SLOT, RUN_ID, FORCE, DRY_RUN],
    load: async () => (await import("./commands/db-migrate.ts")).dbMigrate,
  },
  {
    name: "db resets",
    summary: "List what the slots' databases were made from, newest first, and the resets that failed.",
    options: [
      { flags: SLOT.flags, help: "only this slot's" },
      { flags: "--limit <count>", help: "at most this many" },
      { flags: "--offset <count>", help: "leave out this many first" },
    ],
    load: async () => (await import("./commands/db-resets.ts")).dbResets,
  },
  {
    name: "doctor",
    summary:
      "Look for what lets somebody do more than he should, or will not work for long: versions, users, permissions, ports, units and their sandboxes, files changed by hand, firewall, Redis, disk, sites, and the PostgreSQL server's roles, rights, functions and settings; exit 4 where something is wrong.",
    options: [],
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "db audit",
    summary:
      "Compare the slots' databases, logins and templates with what was recorded of them; exit 4 names what is not as it was.",
    options: [
      {
        flags: "--deep",
        help: "also take the content fingerprints of all templates and spares anew, and recompute the audit log's chain",
      },
    ],
    load: async () => (await import("./commands/db-audit.ts")).dbAudit,
  },
  ...SNAPSHOT_COMMANDS,
  ...BACKEND_COMMANDS.map((command): CommandSpec => ({
    name: `backend ${command}`,
    summary: BACKEND_SUMMARIES[command],
    options: BACKEND_OPTIONS,
    report: "backend",
    load: async () => (await import("./commands/backend.ts")).backend(command),
  })),
  {
    name: "runtime up",
    summary:
      "Start an embedded installation, new or stopped, and leave it running. A token of its command line that was revoked meanwhile is made anew.",
    options: [
      PORT_OFFSET,
      TRUST_BRANCH,
      { flags: "--redis-url <url>", help: "keep the queue in this Redis (default: in PostgreSQL)" },
    ],
    load: async () => (await import("./commands/runtime-up.ts")).runtimeUp,
  },
  {
    name: "runtime down",
    summary: "Stop an embedded installation; its data stays unless --remove is given.",
    options: [PORT_OFFSET, { flags: "--remove", help: "remove its directory as well" }],
    load: async () => (await import("./commands/runtime-down.ts")).runtimeDown,
  },
  {
    name: "demo",
    summary: "Publish a branch of the example application, start to end, on this machine.",
    options: [PORT_OFFSET, TRUST_BRANCH, { flags: "--keep", help: "leave everything running at the end" }],
    load: async () => (await import("./commands/demo.ts")).demo,
  },
  ...HOST_COMMANDS,
  {
    name: "token create",
    summary: "Make an API token. It is printed once.",
    options: [
      { flags: "--role <role>", help: "what it may do", required: true, choices: ROLES },
      { flags: "--label <label>", help: "who or what it is for", required: true },
    ],
    load: async () => (await import("./commands/token-create.ts")).tokenCreate,
  },
  {
    name: "token list",
    summary: "List the API tokens, the revoked ones too; what they are is not stored.",
    options: [],
    load: async () => (await import("./commands/token-list.ts")).tokenList,
  },
  {
    name: "token revoke",
    summary:
      "Revoke an API token: its next request is refused. The installation's own is made anew in its cli.env, so that the command line keeps one.",
    argument: { name: "token_id", help: "the token's id, as token list shows it" },
    options: [],
    load: async () => (await import("./commands/token-revoke.ts")).tokenRevoke,
  },
  {
    name: "audit verify",
    summary: "Recompute the audit log's chain; exit 4 names the first row that was edited, inserted, removed or moved.",
    options: [
      {
        flags: "--expect-head <hash>",
        help: "a head_hash printed earlier: rows that were cut off the end are found too",
      },
    ],
    load: async () => (await import("./commands/audit-verify.ts")).auditVerify,
  },
  {
    name: "audit list",
    summary: "List the newest rows of the audit log: who did what to which thing.",
    options: [
      { ...RUN_ID, help: "only rows of this run" },
      { flags: "--limit <count>", help: "at most this many", default: "50" },
    ],
    load: async () => (await import("./commands/audit-list.ts")).auditList,
  },
];
