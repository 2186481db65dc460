import { entriesOf } from "@oroboros/host";
import { OperatorError, parseEnvironment, type Environment } from "@oroboros/slot-contract";
import { workerEnvironmentSchema, type WorkerEnvironment } from "@oroboros/slot-contract/environments";

const SCRIPTS = "WORKER_PREVIEW_RUNTIME_SCRIPTS_DIR";

/** @throws OperatorError `invalid_environment`, also where a directory that is named is none. */
export function readWorkerEnvironment(source: Environment): WorkerEnvironment {
  const env = parseEnvironment("The worker", workerEnvironmentSchema, source);
  // Where it is not named, the release's own scripts are meant, which an operator need not have replaced.
  if (source[SCRIPTS] !== undefined) requireDirectory(source[SCRIPTS]);
  return env;
}

function requireDirectory(path: string): void {
  try {
    entriesOf(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unreadable";
    throw new OperatorError("invalid_environment", `The worker can not start: ${SCRIPTS} is no directory: ${reason}.`, {
      hint: `Make the directory, or leave ${SCRIPTS} out of worker.env.`,
      cause,
    });
  }
}
