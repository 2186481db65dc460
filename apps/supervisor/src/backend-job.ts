import { childEnvironment, handlePath, readConfined, tailLines, type RunningProcess } from "@oroboros/host";
import {
  backendJobFile,
  backendLog,
  backendPort,
  OperatorError,
  slotHome,
  type SlotJob,
  slotJobSchema,
  worktreeLink,
} from "@oroboros/slot-contract";
import { readSlotEnv } from "@oroboros/slot-contract/backend";
import { temporaryPath } from "./prepare-directories.ts";
import type { SlotDeps } from "./slot.ts";
import { openSlotDirectory } from "./slot-directory.ts";
import { startSupervised } from "./supervised-process.ts";

/** Stands in the log before what each process of the backend says, so that one is not taken for the one before. */
const BACKEND_STARTED = "--- the backend starts ---";

/** The last lines of the process that runs, or ran last. */
export const backendLogTail = ({ contract, slot }: SlotDeps, lines: number): Promise<string[]> =>
  tailLines(backendLog(contract, slot), lines, BACKEND_STARTED);

const MAX_BYTES = 262_144;

/**
 * Reads what the slot's backend is to run, as the worker wrote it.
 *
 * @throws OperatorError `backend_not_started` where nothing was written yet; `path_refused` for a link or a file of somebody
 *   else; `slot_database_mismatch` and `invalid_environment` where the job is bound to another slot's port or database.
 */
export async function readBackendJob(deps: SlotDeps, worktreePath: string | null): Promise<SlotJob> {
  const { contract, slot } = deps;
  const job = await readJob(deps);
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

/** @throws OperatorError what {@link readBackendJob} throws; `path_refused` and `path_not_found` for where the job would run. */
export async function requireBackendJob(deps: SlotDeps, worktreePath: string | null): Promise<void> {
  const { cwd } = await readBackendJob(deps, worktreePath);
  await using _directory = await openSlotDirectory(deps.contract, deps.slot, cwd);
}

async function readJob({ contract, slot, users }: SlotDeps): Promise<SlotJob> {
  const path = backendJobFile(contract, slot);
  // Root's own commands write it too.
  const text = await readConfined(path, { maxBytes: MAX_BYTES, ownerUids: [users.control.uid, 0] }).catch(
    (error: unknown) => {
      throw error instanceof OperatorError && error.code === "artifact_not_found" ? nothingPublished(slot) : error;
    },
  );
  const job = slotJobSchema.safeParse(parseJson(text.toString("utf8")));
  if (job.success) return job.data;
  throw new OperatorError("invalid_request", `${path} holds no job.`, {
    hint: "Publish the run again; nothing was started.",
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same job in another worktree; the supervisor still checks that it is one of the slot's. */
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

export async function startBackendJob(deps: SlotDeps, job: SlotJob): Promise<RunningProcess> {
  const { contract, slot, users, config, log } = deps;
  await using directory = await openSlotDirectory(contract, slot, job.cwd);
  return startSupervised({
    user: users.slot(slot),
    argv: job.argv,
    cwd: handlePath(directory),
    env: childEnvironment({
      source: config.step_env,
      declared: { ...job.env, TMPDIR: temporaryPath(contract, slot) },
      home: slotHome(contract, slot),
      path: config.step_path,
    }),
    logPath: backendLog(contract, slot),
    heading: BACKEND_STARTED,
    log,
  });
}
