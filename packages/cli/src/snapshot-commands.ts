import type { CommandSpec, OptionSpec } from "./command.ts";
import { DRY_RUN, FORCE, RUN_ID } from "./option-specs.ts";

const VERSION: NonNullable<CommandSpec["argument"]> = { name: "version", help: "the snapshot's version" };
const SOURCES: readonly OptionSpec[] = [
  { flags: "--from-slot <slot>", help: "copy this slot's database, which lets nobody in meanwhile" },
  {
    flags: "--from-url <url>",
    help: "copy another database, as postgresql://user@host:port/database; it is only read",
  },
  { flags: "--password-file <file>", help: "a file with the password for --from-url" },
  { flags: "--mask <file>", help: "SQL that masks what was in it, without which no other database is copied" },
];

export const SNAPSHOT_COMMANDS: readonly CommandSpec[] = [
  {
    name: "db snapshot create",
    summary: "Keep what a database holds, so that slots' databases can start from it.",
    options: [
      {
        flags: "--version <version>",
        help: "what it is called; a version always means the same content",
        required: true,
      },
      ...SOURCES,
      RUN_ID,
      FORCE,
      DRY_RUN,
    ],
    load: async () => (await import("./commands/db-snapshot-create.ts")).dbSnapshotCreate,
  },
  {
    name: "db snapshot list",
    summary: "List the snapshots, newest first.",
    options: [],
    load: async () => (await import("./commands/db-snapshot.ts")).dbSnapshotList,
  },
  {
    name: "db snapshot verify",
    summary: "Take a snapshot's fingerprint anew; exit 4 says that it does not hold what it held.",
    argument: VERSION,
    options: [DRY_RUN],
    load: async () => (await import("./commands/db-snapshot.ts")).dbSnapshotVerify,
  },
  {
    name: "db snapshot drop",
    summary: "Drop a snapshot; databases that were made from it stay.",
    argument: VERSION,
    options: [DRY_RUN],
    load: async () => (await import("./commands/db-snapshot.ts")).dbSnapshotDrop,
  },
];
