import { readConfined } from "@oroboros/host";
import { jobOwnersHere } from "@oroboros/host/slot-driver";
import { OperatorError } from "@oroboros/slot-contract";

/**
 * What the worker has written for this unit. The worker has checked it, so that only its shape is looked at here: what it runs, it
 * runs with no rights but the unit's own.
 *
 * @throws OperatorError `path_refused` for a link, a file with another name as well, or one of somebody else; `invalid_request`.
 */
export async function readJob<T>(
  path: string,
  { isJob, maxBytes }: { isJob: (value: object) => value is T & object; maxBytes: number },
): Promise<T> {
  const text = await readConfined(path, { maxBytes, ownerUids: jobOwnersHere() });
  const job: unknown = parse(text.toString("utf8"));
  if (typeof job === "object" && job !== null && isJob(job)) return job;
  throw new OperatorError("invalid_request", `${path} holds no job.`, { hint: "Publish the run again." });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Runnable = Readonly<{ argv: readonly [string, ...string[]]; cwd: string; env: Readonly<Record<string, string>> }>;

/** Something to start: a program, where, and with which environment. */
export function isRunnable(job: object): job is Runnable {
  const { argv, cwd, env } = job as Partial<Runnable>;
  const isText = (value: unknown): boolean => typeof value === "string";
  const isArgv = Array.isArray(argv) && argv.length > 0 && argv.every(isText);
  return isArgv && isText(cwd) && typeof env === "object" && env !== null && Object.values(env).every(isText);
}
