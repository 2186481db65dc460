import { installedHostContract, mendedEnvironment } from "@oroboros/operations";
import { OperatorError, parseEnvironment, type RuntimeContract } from "@oroboros/slot-contract";
import { contractOf, workerEnvironmentSchema, type WorkerEnvironment } from "@oroboros/slot-contract/environments";
import type { CommandContext } from "./command.ts";
import { contractAt } from "./contract-at.ts";
import { notInstalled, readInstallationFile } from "./installation.ts";

export interface EnvironmentToCheck {
  environment: WorkerEnvironment;
  /** What is wrong with the file, where the environment is not what it says. */
  problem: OperatorError | undefined;
}

/**
 * What a command that says how a host is works with: one wrong value must not keep it from saying everything else.
 *
 * @throws OperatorError `not_installed`, `path_refused`; `invalid_environment`, `invalid_contract` where no installed contract says
 *   what the host consists of.
 */
export async function readEnvironmentToCheck(
  command: Pick<CommandContext, "input" | "world">,
): Promise<EnvironmentToCheck> {
  const { path, variables } = await readInstallationFile(command, "worker.env");
  if (variables === undefined) throw notInstalled(path);
  try {
    const environment = parseEnvironment(path, workerEnvironmentSchema, variables);
    contractOf(environment);
    return { environment, problem: undefined };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const contract = await installedContract(command);
    if (contract === undefined) throw error;
    return { environment: mendedEnvironment(contract, variables), problem: error };
  }
}

async function installedContract(
  command: Pick<CommandContext, "input" | "world">,
): Promise<RuntimeContract | undefined> {
  try {
    return await installedHostContract(contractAt(command, { usual: "/" }));
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}
