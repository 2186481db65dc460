import { openContext, type Context, type Log } from "@oroboros/operations";
import { OperatorError, parseEnvironment } from "@oroboros/slot-contract";
import { workerEnvironmentSchema, type WorkerEnvironment } from "@oroboros/slot-contract/environments";
import type { CommandContext } from "./command.ts";
import { notInstalled, readInstallationFile } from "./installation.ts";
import type { World } from "./world.ts";

/** Opens what `worker.env` names, lets `act` work with it, and closes it again. */
export async function withOperations<T>(
  command: CommandContext,
  act: (context: Context, environment: WorkerEnvironment) => Promise<T>,
): Promise<T> {
  return withEnvironment(command, await readWorkerEnvironment(command), act);
}

/** {@link withOperations} for a command that has been told what to open. */
export async function withEnvironment<T>(
  command: CommandContext,
  environment: WorkerEnvironment,
  act: (context: Context, environment: WorkerEnvironment) => Promise<T>,
): Promise<T> {
  const { clock, fetch } = command.world;
  const context = openContext(environment, { clock, fetch, log: stderrLog(command.world) });
  try {
    return await act(context, environment);
  } finally {
    await context.close();
  }
}

/**
 * The same for what works on a database, which a signal ends in order: what it holds is let go, and only then the command ends. A
 * second signal kills it.
 *
 * @throws OperatorError `interrupted`.
 */
export async function withInterruptible<T>(command: CommandContext, act: (context: Context) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  const { signal } = interrupt;
  const forget = command.world.onInterrupt(() => interrupt.abort(interrupted()));
  try {
    return await withOperations(command, (context) => act({ ...context, signal }));
  } catch (error) {
    // Whatever it came to: that it was ended is why.
    signal.throwIfAborted();
    throw error;
  } finally {
    forget();
  }
}

const interrupted = (): OperatorError =>
  new OperatorError("interrupted", "The command was ended before it was done, and has let go of what it held.", {
    hint: "See how far it came with: oroboros db resets --limit 5, and type it again.",
  });

/** @throws OperatorError `not_installed`, `path_refused`, `invalid_environment`. */
export async function readWorkerEnvironment(
  command: Pick<CommandContext, "input" | "world">,
): Promise<WorkerEnvironment> {
  const { path, variables } = await readInstallationFile(command, "worker.env");
  if (variables === undefined) throw notInstalled(path);
  return parseEnvironment(path, workerEnvironmentSchema, variables);
}

function stderrLog({ clock, stderr }: World): Log {
  const write = (level: string) => (fields: object, message: string) => {
    const time = clock.today().toISOString();
    stderr.write(`${JSON.stringify({ level, time, service: "cli", ...fields, message }, withErrorText)}\n`);
  };
  return { info: write("info"), warn: write("warn"), error: write("error") };
}

const withErrorText = (_key: string, value: unknown): unknown => (value instanceof Error ? value.message : value);
