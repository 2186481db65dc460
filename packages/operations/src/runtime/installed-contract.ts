import { readTextFile } from "@oroboros/host";
import { defineContract, etcPath, parseEnvFile, type RuntimeContract } from "@oroboros/slot-contract";

/**
 * The contract with the port offset that the installation below its root was made with; as it is where there is none.
 *
 * @throws OperatorError `path_refused` where this user may not read the installation; `invalid_contract`.
 */
export async function installedContract(contract: RuntimeContract): Promise<RuntimeContract> {
  const text = await readTextFile(`${etcPath(contract)}/worker.env`);
  const offset = text === undefined ? undefined : parseEnvFile(text)["OROBOROS_PORT_OFFSET"];
  // Whatever else stands there is for the start to refuse, which reads the whole file.
  return offset !== undefined && /^[0-9]{1,5}$/.test(offset)
    ? defineContract({ ...contract, portOffset: Number(offset) })
    : contract;
}
