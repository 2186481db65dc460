import { armFault } from "@oroboros/host/fault-point";
import { EXIT_CODES, OperatorError, type Environment } from "@oroboros/slot-contract";
import { createLogger, type Logger } from "./logger.ts";
import { openListen, type Listen } from "./systemd/listen.ts";
import { openNotifier, type Notifier } from "./systemd/notifier.ts";
import { takeSystemdVariables } from "./systemd/systemd-variables.ts";

export interface MainContext {
  readonly environment: Environment;
  readonly log: Logger;
  /** Aborts on the first SIGTERM or SIGINT: stop taking work, finish what is under way, resolve. */
  readonly signal: AbortSignal;
  /** On systemd's socket where the unit has one. */
  readonly listen: Listen;
  /** Tells systemd when the process is ready and that it is alive, where it started it. That it stops is told by {@link runMain}. */
  readonly notifier: Notifier;
}

/**
 * Runs a process from start to exit: `main` resolves once everything it opened is closed again. An `OperatorError` becomes one
 * log line with its code and hint and the exit code of its kind; anything else is a bug, logged with its stack, exit 1.
 * A second SIGTERM or SIGINT kills at once.
 */
export async function runMain(options: {
  service: string;
  main: (context: MainContext) => Promise<void>;
}): Promise<never> {
  // PostgreSQL's driver fills from these what a URL leaves out, and takes PGOPTIONS and PGSSLMODE beside any URL.
  for (const name of Object.keys(process.env)) if (name.startsWith("PG")) delete process.env[name];
  const log = createLogger({ service: options.service });
  const systemd = takeSystemdVariables(process.env, process.pid);
  const notifier = openNotifier(systemd, log);
  const stop = new AbortController();
  stop.signal.addEventListener("abort", () => notifier.stopping(), { once: true });
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
  process.on("uncaughtException", (error) => process.exit(reportFailure(log, error)));
  try {
    armFault(process.env["OROBOROS_FAULT"]);
    await options.main({
      environment: process.env,
      log,
      signal: stop.signal,
      listen: openListen(systemd),
      notifier,
    });
    process.exit(0);
  } catch (error) {
    process.exit(stop.signal.aborted && error === stop.signal.reason ? 0 : reportFailure(log, error));
  }
}

function reportFailure(log: Logger, error: unknown): number {
  if (error instanceof OperatorError) {
    log.fatal({ code: error.code, hint: error.hint }, error.message);
    return EXIT_CODES[error.kind];
  }
  log.fatal({ code: "internal_error", err: error }, "The process stopped on an error it did not expect.");
  return EXIT_CODES.failed;
}
