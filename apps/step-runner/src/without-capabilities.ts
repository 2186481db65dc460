import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { OperatorError } from "@oroboros/slot-contract";
import type { StepJob } from "@oroboros/host/slot-driver";

/**
 * A step's command has its runner's user, and must not get at what the runner says about it. So the unit gives the runner one
 * capability, which it has no use for: whoever lacks a capability of a process's permitted set may neither open that process's memory
 * nor its descriptors nor its environment, of one user or not (ptrace(2), "Ptrace access mode checking": the commoncap module).
 *
 * The command gets none of it: exec gives a program without capabilities of its own what is in the ambient set, and one that has them
 * what the inheritable set shares with it (capabilities(7), "Transformation of capabilities during execve()"); with NoNewPrivileges=
 * there is no way back.
 */
const WITHOUT_CAPABILITIES = ["/usr/bin/setpriv", "--inh-caps=-all", "--ambient-caps=-all", "--"] as const;

/**
 * What starts the job's program without its runner's capability.
 *
 * @throws OperatorError `start_failed` where there is no such program.
 */
export async function withoutCapabilities({ argv, env, cwd }: StepJob, directory: string): Promise<StepJob["argv"]> {
  const [program] = argv;
  const places = program.includes("/") ? [""] : (env["PATH"] ?? "").split(":");
  const candidates = places.map((place) => resolve(directory, place, program));
  const found = await Promise.all(candidates.map(isProgram));
  if (found.includes(true)) return [...WITHOUT_CAPABILITIES, ...argv];
  throw new OperatorError("start_failed", `${program} could not be started in ${cwd}: there is no such program.`, {
    hint: "Check that the program is installed and that its file may be executed.",
  });
}

const isProgram = async (path: string): Promise<boolean> =>
  (await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )) && (await stat(path)).isFile();
