import { asUser, childEnvironment, handlePath, runCommand } from "@oroboros/host";
import { openSlotDirectory, temporaryPath } from "@oroboros/host/slot-driver";
import type { StepResult } from "@oroboros/host/supervisor-client";
import { type LeaseEpoch, slotHome, type StepRequest } from "@oroboros/slot-contract";
import type { SlotDeps } from "./slot.ts";

export type StepOptions = Readonly<{
  signal: AbortSignal;
  leaseEpoch?: LeaseEpoch | undefined;
  onOutput: (stream: "stdout" | "stderr", chunk: Buffer) => void;
}>;

/** The commands that run as a slot's user and come to an end. */
export type SlotSteps = Readonly<{
  run(request: StepRequest, options: StepOptions): Promise<StepResult>;
  count(): number;
  /** Ends every step, or those of an earlier grant, and waits for them. */
  end(which?: { before: LeaseEpoch }): Promise<void>;
}>;

export function openSteps(deps: SlotDeps): SlotSteps {
  const running = new Map<AbortController, { ended: Promise<unknown>; epoch: LeaseEpoch | undefined }>();
  return {
    run: (request, options) => {
      const abort = new AbortController();
      const ended = runStep(deps, request, { ...options, signal: AbortSignal.any([options.signal, abort.signal]) });
      running.set(abort, { ended, epoch: options.leaseEpoch });
      return ended.finally(() => running.delete(abort));
    },
    count: () => running.size,
    end: async (which) => {
      const isMeant = (epoch: LeaseEpoch | undefined): boolean =>
        which === undefined || (epoch !== undefined && BigInt(epoch) < BigInt(which.before));
      const ending = [...running].filter(([, { epoch }]) => isMeant(epoch));
      for (const [abort] of ending) abort.abort();
      await Promise.allSettled(ending.map(([, { ended }]) => ended));
    },
  };
}

async function runStep(
  { contract, slot, users, config }: SlotDeps,
  request: StepRequest,
  { signal, onOutput }: StepOptions,
): Promise<StepResult> {
  await using directory = await openSlotDirectory(contract, slot, request.cwd);
  const result = await runCommand({
    argv: asUser(users.slot(slot), request.argv),
    cwd: handlePath(directory),
    env: childEnvironment({
      source: config.step_env,
      declared: { ...request.env, TMPDIR: temporaryPath(contract, slot) },
      home: slotHome(contract, slot),
      path: config.step_path,
      // A registry's address may hold a password, and a migration fetches nothing.
      packages: request.kind !== "migrate",
    }),
    timeoutMs: request.timeout_ms,
    maxOutputBytes: 0,
    signal,
    onOutput,
  });
  const { exitCode, timedOut, durationMs } = result;
  return { exitCode, signal: result.signal, timedOut, durationMs };
}
