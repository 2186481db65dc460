import { OperatorError } from "@oroboros/slot-contract";
import { supervisorJson } from "./supervisor-request.ts";

/** A lockfile of main's as git has it: the id of its content, and the content. */
export type MainLockfile = Readonly<{ oid: string; text: string }>;

export type FillReport = Readonly<{
  /** True where the store was there already. */
  already: boolean;
  /** False without root: then a branch runs as the user that the store belongs to. */
  isolated: boolean;
  durationMs: number;
}>;

export interface PackageCache {
  /** The version of the pnpm that slots install with; null where there is none. */
  pnpmVersion(): Promise<string | null>;
  /**
   * Fetches the packages of these lockfiles into the store of this key, as a user that runs nothing else. One fill runs at a time,
   * others wait for it; one that is there already is left as it is. Aborting ends it and leaves nothing.
   *
   * @throws OperatorError `step_failed` with pnpm's last lines, `step_timed_out`.
   */
  fill(key: string, lockfiles: readonly MainLockfile[], signal?: AbortSignal): Promise<FillReport>;
  /**
   * Removes the store of this key. One that is not there is fine. One that waits for a fill may be removed after the time is up.
   *
   * @throws OperatorError `unreachable` where the supervisor has not answered in time.
   */
  remove(key: string): Promise<void>;
}

/** A little longer than the supervisor itself lets a removal take. */
const REMOVE_DEADLINE_MS = 150_000;

/** The package cache of an installation on the process driver, through its supervisor's socket. */
export function packageCacheClient({
  socketPath,
  removeDeadlineMs = REMOVE_DEADLINE_MS,
}: {
  socketPath: string;
  removeDeadlineMs?: number;
}): PackageCache {
  return {
    pnpmVersion: async () => {
      const answer = await supervisorJson({ socketPath, method: "GET", path: "/packages" });
      return (answer as { pnpm_version: string | null }).pnpm_version;
    },
    remove: async (key) => {
      const signal = AbortSignal.timeout(removeDeadlineMs);
      const request = { socketPath, method: "POST", path: `/packages/${key}/remove`, body: {}, signal } as const;
      await supervisorJson(request).catch((error: unknown) => {
        throw signal.aborted ? notRemoved(key, removeDeadlineMs) : error;
      });
    },
    fill: async (key, lockfiles, signal) => {
      const request = { socketPath, method: "POST", path: `/packages/${key}`, body: { lockfiles }, signal } as const;
      const answer = await supervisorJson(request);
      const { already, isolated, duration_ms } = answer as {
        already: boolean;
        isolated: boolean;
        duration_ms: number;
      };
      return { already, isolated, durationMs: duration_ms };
    },
  };
}

const notRemoved = (key: string, deadlineMs: number): OperatorError =>
  new OperatorError(
    "unreachable",
    `The supervisor has not removed the packages ${key} within ${deadlineMs / 1_000} s.`,
    {
      hint: "It may be filling others; the worker asks again by itself. If this comes again and again, look into the supervisor's log.",
    },
  );
