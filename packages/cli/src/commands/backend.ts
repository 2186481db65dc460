import { runBackendCommand } from "@oroboros/operations";
import {
  ERROR_KINDS,
  OperatorError,
  type BackendCommand,
  type BackendReport,
  type ErrorCode,
} from "@oroboros/slot-contract";
import { optionalSeconds, parseSlot } from "../command-input.ts";
import type { CommandOutcome, RunCommand } from "../command.ts";
import { withOperations } from "../with-operations.ts";

const HEALTH_TIMEOUT = { name: "healthTimeoutSeconds", flag: "--health-timeout-seconds", maximum: 600 };

/** One of the backend commands, which differ in their word only. */
export const backend =
  (command: BackendCommand): RunCommand =>
  async (context) => {
    const { input } = context;
    const worktreePath = input.optionalText("worktreePath");
    const healthTimeoutSeconds = optionalSeconds(input, HEALTH_TIMEOUT);
    const report = await withOperations(context, (operations) =>
      runBackendCommand(operations, {
        slot: parseSlot(operations.contract, input, "--slot"),
        command,
        ...(worktreePath === undefined ? {} : { worktreePath }),
        ...(healthTimeoutSeconds === undefined ? {} : { healthTimeoutSeconds }),
      }),
    );
    return outcomeOf(report);
  };

function outcomeOf(report: BackendReport): CommandOutcome {
  const { ok: _ok, command: _command, ...fields } = report;
  if (report.ok) return { ok: true, fields, text: "" };
  const { code, hint, message } = report.error;
  const known: ErrorCode = isErrorCode(code) ? code : "internal_error";
  return { ok: false, fields, error: new OperatorError(known, message, { hint }) };
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_KINDS, code);
