import type { SeedSource, SqlFile } from "@oroboros/db-safety";
import type { CommitSha, PublishStepName, SlotJob, StepRequest } from "@oroboros/slot-contract";
import type { BaseSource } from "../git/base-template.ts";
import type { StepTries } from "../packages/with-package-cache.ts";
import type { InstalledPackages, LivePublish } from "./live-publish.ts";

/** How a part of the application comes by its packages. */
export type PackagesPlan =
  /** `look`: where the install may have put them, and which names there are the commit's own. */
  | { kind: "install"; tries: StepTries; worktree: string; look: { dir: string; own: string[] }[] }
  | { kind: "link"; commands: StepRequest[]; from: InstalledPackages };

/** How a database comes to what the backend expects. */
export type MigrationWork =
  | { kind: "files"; files: SqlFile[] }
  /** The application's own; it lacks `DATABASE_URL`, a secret, which is added when it runs. */
  | { kind: "command"; command: StepRequest };

/** One thing a publish does, as data. Names are those of the events and artifacts. */
export type PublishWork =
  /** `link`: point the slot's worktree at it at once; a republish does that when it is ready. */
  | { name: "checkout"; commitSha: CommitSha; worktree: string; link: boolean; commands: StepRequest[] }
  /** `keepOld`: what the slot has now is wanted back should the publish fail. */
  | { name: "database_reset"; source: BaseSource; keepOld: boolean }
  | {
      name: "frontend_publish";
      packages: PackagesPlan;
      build: StepRequest;
      dist: string;
      surface: string;
      /** Where the files of all the slot's builds are kept by their content. */
      pool: string;
      /** The build that is live now, whose hashed assets open pages still ask for. */
      previous: string | null;
      commitSha: CommitSha;
      viteApiBaseUrl: string;
      slotBackendUrl: string;
    }
  | { name: "dependency_sync"; packages: PackagesPlan }
  /** `seed`: main's, where the database could not start from it. */
  | { name: "migration"; work: MigrationWork; seed: SeedSource | null }
  /** The job lacks `DATABASE_URL`, a secret: it is added when the job file is written. */
  | { name: "backend_restart"; job: SlotJob }
  | {
      name: "readiness";
      /** What the slot's worktree is pointed at with the surface; null where it is that already. */
      worktree: { commitSha: CommitSha; path: string } | null;
      deadlineMs: number;
      backend: { commitSha: CommitSha; worktree: string; healthUrl: string; slotApi: boolean; isLive: boolean };
      surface: { commitSha: CommitSha; path: string; healthUrl: string; isLive: boolean };
      proxiedHealthUrl: string;
    }
  | { name: "smoke"; backendUrl: string; slotApi: boolean; routeUrls: string[] };

/** Nothing is done, because what the step would make is there already; `reused` says whose it is. */
export type PublishReuse = { name: PublishStepName; reused: string };

export type PublishStep = PublishWork | PublishReuse;

export interface PublishPlan {
  steps: PublishStep[];
  /** What is in place once all of them passed; what an install brings is only known then. */
  live: LivePublish;
}

export type StepOf<Name extends PublishWork["name"]> = Extract<PublishWork, { name: Name }>;
