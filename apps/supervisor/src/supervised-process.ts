import { asUser, openCappedLog, type RunningProcess, startProcess, type User } from "@oroboros/host";
import type { Logger } from "@oroboros/service-kit";

const MAX_LOG_BYTES = 16 * 1024 * 1024;

/** Starts a process that stays, as its own user, its output piped into a log file. */
export async function startSupervised(spec: {
  user: User;
  argv: readonly string[];
  cwd: string;
  env: Record<string, string>;
  logPath: string;
  /** Is told where `logPath` can not be written to. */
  log: Logger;
  /** A line that stands before everything this process says. */
  heading?: string;
}): Promise<RunningProcess> {
  const log = openCappedLog(spec.logPath, MAX_LOG_BYTES, (err) => {
    spec.log.error({ err, log_file: spec.logPath }, "output of a process is lost: its log can not be written");
  });
  try {
    if (spec.heading !== undefined) log.write(Buffer.from(`${spec.heading}\n`));
    const running = await startProcess({
      argv: asUser(spec.user, spec.argv),
      cwd: spec.cwd,
      env: spec.env,
      onOutput: (_stream, chunk) => log.write(chunk),
    });
    void running.exited.then(() => log.close());
    return running;
  } catch (error) {
    log.close();
    throw error;
  }
}
