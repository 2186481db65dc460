import { handlePath, packageSettings, setAccess, startProcess } from "@oroboros/host";
import {
  isOutOfMemory,
  MAX_STEP_OUTPUT_BYTES,
  openSlotDirectory,
  signalStatus,
  type StepJob,
} from "@oroboros/host/slot-driver";
import { STEP_KINDS, slotWorktrees, type StepKind } from "@oroboros/slot-contract";
import { stepJobFile } from "@oroboros/slot-contract/host";
import { environment, host, ownSlot, unknownCommand } from "./env.ts";
import { isRunnable, readJob } from "./read-job.ts";
import { say } from "./say.ts";
import { withoutCapabilities } from "./without-capabilities.ts";

const MAX_JOB_BYTES = 1_048_576;
/** The slot's own, and its group's, the worker's: also where the step before has said otherwise. */
const WORKTREES_MODE = 0o750;

/** Runs a step's program, passes on what it prints, and resolves to what this process is to exit with. */
export async function step(kindName: string | undefined): Promise<number> {
  const kind = STEP_KINDS.find((each) => each === kindName);
  if (kind === undefined) throw unknownCommand(["step", String(kindName)]);
  const slot = ownSlot();
  const job = await readJob(stepJobFile(host, slot, kind), { isJob: isStepJob, maxBytes: MAX_JOB_BYTES });
  say({ job_id: job.job_id });
  // The worker reads what a step makes, as anybody may whom the slot's own directory lets in.
  process.umask(0o022);
  setAccess(slotWorktrees(host, slot), { mode: WORKTREES_MODE });
  await using directory = await openSlotDirectory(host, slot, job.cwd);
  // systemd tells every process of the unit. This one waits for the step to end, and says how it did.
  process.on("SIGTERM", () => undefined);
  const running = await startProcess({
    argv: await withoutCapabilities(job, handlePath(directory)),
    cwd: handlePath(directory),
    env: { ...settingsFor(kind), ...job.env },
    onOutput: outputLines(),
  });
  const { exitCode, signal } = await running.exited;
  say({ exit: { exit_code: exitCode, signal, out_of_memory: exitCode !== 0 && isOutOfMemory() } });
  return exitCode ?? signalStatus(String(signal));
}

const isStepJob = (value: object): value is StepJob =>
  "job_id" in value && typeof value.job_id === "string" && isRunnable(value);

/** A registry's address may hold a password, and neither a checkout nor a migration fetches anything. */
const settingsFor = (kind: StepKind): Record<string, string> =>
  kind === "install" || kind === "build" ? packageSettings(environment) : {};

function outputLines(): (stream: "stdout" | "stderr", chunk: Buffer) => void {
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  let room = MAX_STEP_OUTPUT_BYTES;
  return (stream, chunk) => {
    if (room <= 0) return;
    const text = decoders[stream].decode(chunk.subarray(0, room), { stream: true });
    say({ stream, chunk: text });
    room -= chunk.length;
    if (room <= 0) say({ stream, chunk: `\n[more than ${MAX_STEP_OUTPUT_BYTES} bytes: the rest is dropped]\n` });
  };
}
