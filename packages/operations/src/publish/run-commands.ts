import { plainText } from "@oroboros/host";
import { OperatorError, type StepRequest } from "@oroboros/slot-contract";
import type { StepTries } from "../packages/with-package-cache.ts";
import type { StepContext } from "./step-context.ts";
import { withoutSecrets } from "./without-secrets.ts";

/**
 * Runs a step's commands as the slot's user, one after the other, everything they print going to the step's log; `secrets` are what
 * they were told and nobody else is to read there.
 *
 * @throws OperatorError `step_timed_out`, or `step_failed` with the command's last lines.
 */
export async function runCommands(
  step: StepContext,
  commands: readonly StepRequest[],
  secrets: readonly string[] = [],
): Promise<void> {
  for (const request of commands) await runCommand(step, request, secrets);
}

/** Runs a command in the first of its ways that works. One that ran out of time is not tried in another. */
export async function runTries(step: StepContext, [first, ...others]: StepTries): Promise<void> {
  const [next, ...rest] = others;
  if (next === undefined) return runCommand(step, first);
  try {
    await runCommand(step, first);
  } catch (error) {
    step.signal.throwIfAborted();
    if (!(error instanceof OperatorError) || error.code !== "step_failed") throw error;
    step.log.write({ event: "trying_otherwise", message: error.message });
    await runTries(step, [next, ...rest]);
  }
}

async function runCommand(step: StepContext, request: StepRequest, secrets: readonly string[] = []): Promise<void> {
  const tail = lastLines(20);
  const { processes, traceId } = step.context;
  const redactions = { stdout: withoutSecrets(secrets), stderr: withoutSecrets(secrets) };
  const note = (stream: "stdout" | "stderr", text: string): void => {
    if (text === "") return;
    step.log.write({ event: "output", stream, text });
    tail.add(text);
  };
  step.log.write({ event: "command_started", argv: request.argv, cwd: request.cwd });
  const result = await processes.runStep(step.lease.slotId, withTrace(request, traceId), {
    signal: step.signal,
    leaseEpoch: step.lease.leaseEpoch,
    onOutput: (stream, chunk) => note(stream, redactions[stream].next(chunk)),
  });
  for (const stream of ["stdout", "stderr"] as const) note(stream, redactions[stream].rest());
  step.log.write({ event: "command_finished", ...result });
  if (result.exitCode !== 0) throw commandError(request, result, tail.lines());
}

const withTrace = (request: StepRequest, traceId: string | undefined): StepRequest =>
  traceId === undefined ? request : { ...request, env: { ...request.env, TRACE_ID: traceId } };

function commandError(
  request: StepRequest,
  result: { exitCode: number | null; signal: string | null; timedOut: boolean },
  lines: string[],
): OperatorError {
  const command = request.argv.join(" ");
  if (result.timedOut) {
    return new OperatorError("step_timed_out", `"${command}" did not end within ${request.timeout_ms / 1000} s.`, {
      hint: "Make the command faster, or find in its log what it waits for.",
    });
  }
  const ending = result.exitCode === null ? `was killed by ${result.signal}` : `exited with ${result.exitCode}`;
  return new OperatorError("step_failed", [`"${command}" ${ending}.`, ...lines].join("\n"), {
    hint: "Correct what the last lines say on the branch, commit, and publish the new commit.",
  });
}

function lastLines(count: number): { add(chunk: string): void; lines(): string[] } {
  let text = "";
  return {
    add: (chunk) => {
      text = (text + chunk).slice(-count * 400);
    },
    lines: () =>
      plainText(text)
        .split("\n")
        .filter((line) => line.trim() !== "")
        .slice(-count),
  };
}
