import type { CommitSha, SlotJob } from "@oroboros/slot-contract";
import type { SourceKeys } from "./source-keys.ts";

/** What an install left in a worktree besides the commit's own files, by directory of the application. */
export interface InstalledPackages {
  /** The worktree in which they really lie; later publishes of the run link to them. */
  worktree: string;
  entries: { dir: string; names: string[] }[];
}

/** What a publish that succeeded put in place, kept in its attempt's row: the next one reuses it, or falls back to it. */
export interface LivePublish {
  attempt: number;
  commitSha: CommitSha;
  worktree: string;
  keys: SourceKeys;
  frontend: {
    /** The commit that was built: a later one whose frontend is the same is served by the same build. */
    commitSha: CommitSha;
    surface: string;
    packages: InstalledPackages;
  };
  backend: {
    /** The commit the process was started for. */
    commitSha: CommitSha;
    worktree: string;
    packages: InstalledPackages;
    job: Omit<SlotJob, "env" | "health"> & { env: Record<string, string> };
    health: string;
    readyTimeoutSeconds: number;
    slotApi: boolean;
  };
}

/** Every worktree that something of the publish still lies or runs in. */
export const worktreesOf = (live: LivePublish): string[] => [
  ...new Set([live.worktree, live.backend.worktree, live.frontend.packages.worktree, live.backend.packages.worktree]),
];
