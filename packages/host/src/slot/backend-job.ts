import {
  backendJobFile,
  backendLog,
  backendPort,
  OperatorError,
  type RuntimeContract,
  type SlotId,
  type SlotJob,
  worktreeLink,
} from "@oroboros/slot-contract";
import { readSlotEnv } from "@oroboros/slot-contract/backend";
import { tailLines } from "../capped-log.ts";
import { MAX_JOB_BYTES } from "../find-backend-job.ts";
import { readConfined } from "../read-file-confined.ts";
import { BACKEND_STARTED } from "./backend-started.ts";
import { parseSlotJob } from "./parse-slot-job.ts";

export type SlotPlace = Readonly<{ contract: RuntimeContract; slot: SlotId }>;
/** `ownerUids`: who may have written the slot's jobs. */
export type JobPlace = SlotPlace & Readonly<{ ownerUids: readonly number[] }>;

/** The last lines of the process that runs, or ran last. */
export const backendLogTail = ({ contract, slot }: SlotPlace, lines: number): Promise<string[]> =>
  tailLines(backendLog(contract, slot), lines, BACKEND_STARTED);

/**
 * Reads what the slot's backend is to run, as the worker wrote it.
 *
 * @param worktreePath another of the slot's worktrees than the one the job was written for; null for that one.
 * @throws OperatorError `backend_not_started` where nothing was written yet; `path_refused` for a link or a file of somebody
 *   else; `slot_database_mismatch` and `invalid_environment` where the job is bound to another slot's port or database.
 */
export async function readBackendJob(place: JobPlace, worktreePath: string | null): Promise<SlotJob> {
  const { contract, slot } = place;
  const job = await readJob(place);
  const bound = readSlotEnv(job.env);
  if (bound.slotId !== slot || bound.port !== backendPort(contract, slot)) {
    throw new OperatorError(
      "slot_database_mismatch",
      `The backend job of ${slot} is bound to ${bound.slotId} on port ${bound.port}.`,
      {
        hint: "Publish the run again; nothing was started.",
      },
    );
  }
  const isItsOwn =
    worktreePath === null || worktreePath === bound.worktreePath || worktreePath === worktreeLink(contract, slot);
  return isItsOwn ? job : moveJob(job, bound.worktreePath, worktreePath);
}

async function readJob({ contract, slot, ownerUids }: JobPlace): Promise<SlotJob> {
  const path = backendJobFile(contract, slot);
  const text = await readConfined(path, { maxBytes: MAX_JOB_BYTES, ownerUids }).catch((error: unknown) => {
    throw error instanceof OperatorError && error.code === "artifact_not_found" ? nothingPublished(slot) : error;
  });
  return parseSlotJob(path, text.toString("utf8"));
}

/** The same job in another worktree; whoever starts it still checks that it is one of the slot's. */
function moveJob(job: SlotJob, from: string, to: string): SlotJob {
  const cwd = job.cwd === from || job.cwd.startsWith(`${from}/`) ? to + job.cwd.slice(from.length) : to;
  return { ...job, cwd, env: { ...job.env, SLOT_WORKTREE_PATH: to } };
}

function nothingPublished(slot: string): OperatorError {
  return new OperatorError(
    "backend_not_started",
    `Nothing was published to ${slot} yet, so there is no backend to start.`,
    {
      hint: "Publish a run with: oroboros runs create --title <title> --branch <branch>",
    },
  );
}
