import * as z from "zod";
import { defineContract, type RuntimeContract } from "../runtime-contract.ts";
import { slotIds } from "../slot-id.ts";
import { countVariable } from "./variables.ts";

/** What every process of an installation is told about the installation itself. */
export const installationVariables = {
  OROBOROS_ROOT: z.string().default("/"),
  OROBOROS_PORT_OFFSET: countVariable.default(0),
  SLOT_IDS_CSV: z.string().refine(isCompleteSlotList, "must list preview-1 to preview-<n> in order, without gaps"),
};

type InstallationEnvironment = z.output<z.ZodObject<typeof installationVariables>>;

/** The contract an installation was made from, as its env files carry it. */
export function contractOf(environment: InstallationEnvironment): RuntimeContract {
  return defineContract({
    root: environment.OROBOROS_ROOT,
    portOffset: environment.OROBOROS_PORT_OFFSET,
    slotCount: environment.SLOT_IDS_CSV.split(",").length,
  });
}

export function installationEnvironment(contract: RuntimeContract): Record<keyof InstallationEnvironment, string> {
  return {
    OROBOROS_ROOT: contract.root,
    OROBOROS_PORT_OFFSET: String(contract.portOffset),
    SLOT_IDS_CSV: slotIds(contract).join(","),
  };
}

function isCompleteSlotList(csv: string): boolean {
  const ids = csv.split(",");
  return ids.every((id, index) => id === `preview-${index + 1}`);
}
