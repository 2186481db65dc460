import type { SqlFile, TemplateSource } from "@oroboros/db-safety";
import type { CommitSha, StepRequest } from "@oroboros/slot-contract";

/** One thing a publish does, as data. Names are those of the events and artifacts. */
export type PublishStep =
  | { name: "checkout"; commitSha: CommitSha; worktree: string; commands: StepRequest[] }
  | { name: "database_reset"; source: TemplateSource }
  | {
      name: "frontend_publish";
      commands: StepRequest[];
      dist: string;
      surface: string;
      commitSha: CommitSha;
      viteApiBaseUrl: string;
      slotBackendUrl: string;
    }
  | { name: "dependency_sync"; commands: StepRequest[] }
  | { name: "migration"; migrations: SqlFile[] }
  /** The job lacks `DATABASE_URL`, a secret: it is added when the job file is written. */
  | { name: "backend_restart"; argv: string[]; cwd: string; env: Record<string, string> }
  | {
      name: "readiness";
      commitSha: CommitSha;
      deadlineMs: number;
      backendHealthUrl: string;
      surface: string;
      surfaceHealthUrl: string;
      proxiedHealthUrl: string;
    }
  | { name: "smoke"; backendUrl: string; routeUrls: string[] };

export type PublishPlan = { steps: PublishStep[] };

export type StepOf<Name extends PublishStep["name"]> = Extract<PublishStep, { name: Name }>;
