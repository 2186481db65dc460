import {
  defineContract,
  OperatorError,
  type RuntimeContract,
  type RuntimeContractInput,
} from "@oroboros/slot-contract";
import type { World } from "./world.ts";

/** The only file below `infra/` that somebody writes by hand. */
const AUTHORED = "infra/contract.ts";

/**
 * The clone this command was started from, as `scripts/bootstrap.sh` names it.
 *
 * @throws OperatorError `not_installed` in a release, and wherever else there is no clone.
 */
export function cloneOf({ environment }: Pick<World, "environment">): string {
  const clone = environment["OROBOROS_CHECKOUT"];
  if (clone !== undefined) return clone;
  throw new OperatorError("not_installed", "This command works on a clone of the repository, and there is none here.", {
    hint: "Type it in a clone, as: ./scripts/oroboros",
  });
}

/**
 * The contract that a clone's `infra/contract.ts` exports, checked and with the documents' defaults. Node runs the file as it is.
 *
 * @throws OperatorError `invalid_contract` naming the file, and what is wrong with it.
 */
export async function loadContract(clone: string): Promise<RuntimeContract> {
  const path = `${clone}/${AUTHORED}`;
  const authored = await authoredContract(path);
  try {
    return defineContract(authored as RuntimeContractInput);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw invalid(path, error.message, error);
  }
}

async function authoredContract(path: string): Promise<unknown> {
  const module = await importFile(path);
  if (typeof module === "object" && module !== null && "contract" in module) return module.contract;
  throw invalid(path, "It exports no `contract`.");
}

async function importFile(path: string): Promise<unknown> {
  const url = `file://${path.split("/").map(encodeURIComponent).join("/")}`;
  try {
    return await import(url);
  } catch (error) {
    throw invalid(path, `It can not be read: ${error instanceof Error ? error.message : String(error)}.`, error);
  }
}

function invalid(path: string, message: string, cause?: unknown): OperatorError {
  return new OperatorError("invalid_contract", `${path}: ${message}`, {
    hint: `Correct ${AUTHORED}; it exports one object, such as: export const contract = { slotCount: 3, domain: "example.com" }`,
    cause,
  });
}
