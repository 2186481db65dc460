import type { Owner } from "@oroboros/host";
import type { CommitSha } from "@oroboros/slot-contract";

/** One thing that an installation does. Doing it twice is harmless. */
export type InstallStep =
  | { do: "stop"; units: readonly string[] }
  | {
      do: "write";
      path: string;
      why: "new" | "changed" | "replaced";
      whole: string;
      mode: number;
      owner: Owner | undefined;
    }
  | { do: "remove"; path: string }
  | { do: "secure"; path: string; mode: number }
  | { do: "accounts"; names: readonly string[]; file: string }
  | { do: "directories"; paths: readonly string[]; file: string }
  | { do: "kernel"; file: string }
  | { do: "mask"; units: readonly string[] }
  | { do: "reload_manager" }
  | { do: "release"; commit: CommitSha }
  | { do: "repository"; commit: CommitSha }
  | { do: "postgres"; isChanged: boolean }
  | { do: "database"; migrates: boolean }
  | { do: "redis" }
  | { do: "tokens" }
  | { do: "enable"; units: readonly string[] }
  | { do: "reload"; units: readonly string[] };

/** What is done to the texts of a host. */
export type TextStep = Extract<InstallStep, { do: "write" | "remove" }>;

/** That finds out by itself whether there is something to do; of every other one that is known beforehand. */
export const isLooking = (step: InstallStep): boolean =>
  (step.do === "postgres" && !step.isChanged) || step.do === "database" || step.do === "redis" || step.do === "tokens";

/** A step in words, for its plan and its progress. */
export function describeStep(step: InstallStep): string {
  switch (step.do) {
    case "stop":
      return `stop ${step.units.join(", ")}`;
    case "write":
      return `${WRITING[step.why]} ${step.path}`;
    case "remove":
      return `remove ${step.path}`;
    case "secure":
      return `make ${step.path} root's alone`;
    case "accounts":
      return `make the users and groups ${step.names.join(", ")}`;
    case "directories":
      return `make, or give owner and mode to, ${step.paths.join(", ")}`;
    case "kernel":
      return `let the kernel have the settings of ${step.file}`;
    case "mask":
      return `stop and mask ${step.units.join(", ")}`;
    case "reload_manager":
      return "let systemd read its units again";
    case "release":
      return `install release ${step.commit} and make it current`;
    case "repository":
      return `make the repository, with main at ${step.commit}`;
    case "postgres":
      return step.isChanged
        ? "start PostgreSQL, or let it read its settings again"
        : "see that PostgreSQL runs, with its settings";
    case "database":
      return step.migrates
        ? "see that roles, databases and the control tables are there"
        : "see that roles and databases are there";
    case "redis":
      return "see that Redis answers";
    case "tokens":
      return "see that root's command line has tokens";
    case "enable":
      return `start at boot: ${step.units.join(", ")}`;
    case "reload":
      return `let ${step.units.join(", ")} read what has changed`;
    default:
      return step satisfies never;
  }
}

const WRITING = { new: "write", changed: "bring up to date", replaced: "replace" } as const;
