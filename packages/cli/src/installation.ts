import { readTextFile } from "@oroboros/host";
import {
  etcPath,
  OperatorError,
  parseEnvFile,
  supervisorAdminSocket,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import type { CommandContext } from "./command.ts";
import { contractAt } from "./contract-at.ts";
import type { World } from "./world.ts";

/** A supervisor that takes longer than this is there, if busy: the command itself finds out what works. */
const PATIENCE_MS = 2_000;

/**
 * The variables of one of the installation's env files; undefined where the file does not exist.
 *
 * @throws OperatorError `unreachable` where the installation is an embedded one and stopped: then nothing of it answers.
 */
export async function readInstallationFile(
  command: Pick<CommandContext, "input" | "world">,
  name: "cli.env" | "worker.env",
): Promise<{ path: string; variables: Record<string, string> | undefined }> {
  const { world } = command;
  const contract = contractAt(command, { usual: "/" });
  const path = `${etcPath(contract)}/${name}`;
  const text = await readTextFile(path);
  if (text === undefined) return { path, variables: undefined };
  // The api may be another installation's; then this one is only asked for its token.
  const isElsewhere = name === "cli.env" && world.environment["OROBOROS_API_URL"] !== undefined;
  if (!isElsewhere) await refuseStopped(contract, world);
  return { path, variables: parseEnvFile(text) };
}

async function refuseStopped(contract: RuntimeContract, { clock }: World): Promise<void> {
  const isEmbedded = (await readTextFile(`${etcPath(contract)}/supervisor.json`)) !== undefined;
  if (!isEmbedded) return;
  const { serviceClient } = await import("@oroboros/host/supervisor-client");
  const supervisor = serviceClient({ socketPath: supervisorAdminSocket(contract) });
  const answered = new AbortController();
  const patience = clock.sleep(PATIENCE_MS, answered.signal).then(
    () => true,
    () => true,
  );
  const isRunning = await Promise.race([supervisor.isRunning(), patience]).finally(() => answered.abort());
  if (isRunning) return;
  throw new OperatorError("unreachable", `The installation below ${contract.root} is stopped.`, {
    hint: `Start it with: oroboros runtime up --root ${contract.root}`,
  });
}

export function notInstalled(path: string): OperatorError {
  return new OperatorError("not_installed", `There is no installation here: ${path} does not exist.`, {
    hint: "Name its directory with --root or OROBOROS_ROOT.",
  });
}
