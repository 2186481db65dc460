import { openContext, type Context, type Log } from "@oroboros/operations";
import { parseEnvironment } from "@oroboros/slot-contract";
import { workerEnvironmentSchema, type WorkerEnvironment } from "@oroboros/slot-contract/environments";
import type { CommandContext } from "./command.ts";
import { notInstalled, readInstallationFile } from "./installation.ts";
import type { World } from "./world.ts";

/** Opens what `worker.env` names, lets `act` work with it, and closes it again. */
export async function withOperations<T>(command: CommandContext, act: (context: Context) => Promise<T>): Promise<T> {
  const environment = await readWorkerEnvironment(command);
  const { clock, fetch } = command.world;
  const context = openContext(environment, { clock, fetch, log: stderrLog(command.world) });
  try {
    return await act(context);
  } finally {
    await context.close();
  }
}

/** @throws OperatorError `not_installed`, `path_refused`, `invalid_environment`. */
async function readWorkerEnvironment(command: CommandContext): Promise<WorkerEnvironment> {
  const { path, variables } = await readInstallationFile(command, "worker.env");
  if (variables === undefined) throw notInstalled(path);
  return parseEnvironment("worker.env", workerEnvironmentSchema, variables);
}

function stderrLog({ clock, stderr }: World): Log {
  const write = (level: string) => (fields: object, message: string) => {
    const time = clock.today().toISOString();
    stderr.write(`${JSON.stringify({ level, time, service: "cli", ...fields, message }, withErrorText)}\n`);
  };
  return { info: write("info"), warn: write("warn"), error: write("error") };
}

const withErrorText = (_key: string, value: unknown): unknown => (value instanceof Error ? value.message : value);
