import * as z from "zod";
import { OperatorError } from "../operator-error.ts";
import { defineContract, type RuntimeContract } from "../runtime-contract.ts";
import { slotIds } from "../slot-id.ts";
import { countVariable, listVariable } from "./variables.ts";

export const SERVICE_MANAGERS = ["process", "systemd"] as const;
export type ServiceManagerName = (typeof SERVICE_MANAGERS)[number];

/** What every process of an installation is told about the installation itself. */
export const installationVariables = {
  OROBOROS_ROOT: z.string().default("/"),
  OROBOROS_PORT_OFFSET: countVariable.default(0),
  OROBOROS_DOMAIN: z.string().optional(),
  OROBOROS_PREVIEW_DOMAIN: z.string().optional(),
  OROBOROS_UNIT_PREFIX: z.string().optional(),
  /** Origins allowed beside those that derive from the contract. */
  OROBOROS_CORS_ORIGINS: listVariable.optional(),
  /** Who starts the slots' processes: systemd, or the supervisor of an embedded installation. */
  OROBOROS_SERVICE_MANAGER: z
    .enum(SERVICE_MANAGERS, `must be one of ${SERVICE_MANAGERS.join(", ")}`)
    .default("process"),
  SLOT_IDS_CSV: z.string().refine(isCompleteSlotList, "must list preview-1 to preview-<n> in order, without gaps"),
};

type InstallationVariables = z.output<z.ZodObject<typeof installationVariables>>;
/** What a contract can be read from. */
export type InstallationEnvironment = Omit<InstallationVariables, "OROBOROS_SERVICE_MANAGER">;

/**
 * The contract an installation was made from, as its env files carry it.
 *
 * @throws OperatorError `invalid_contract`.
 */
export function contractOf(environment: InstallationEnvironment): RuntimeContract {
  const { OROBOROS_DOMAIN, OROBOROS_PREVIEW_DOMAIN, OROBOROS_UNIT_PREFIX, OROBOROS_CORS_ORIGINS } = environment;
  return defineContract({
    root: environment.OROBOROS_ROOT,
    portOffset: environment.OROBOROS_PORT_OFFSET,
    slotCount: environment.SLOT_IDS_CSV.split(",").length,
    ...(OROBOROS_DOMAIN === undefined ? {} : { domain: OROBOROS_DOMAIN }),
    ...(OROBOROS_PREVIEW_DOMAIN === undefined ? {} : { previewDomain: OROBOROS_PREVIEW_DOMAIN }),
    ...(OROBOROS_UNIT_PREFIX === undefined ? {} : { unitPrefix: OROBOROS_UNIT_PREFIX }),
    ...(OROBOROS_CORS_ORIGINS === undefined ? {} : { corsAllowedOrigins: OROBOROS_CORS_ORIGINS }),
  });
}

/** {@link contractOf} where the variables may still be wrong themselves; undefined where they make no contract. */
export function claimedContract(environment: Partial<InstallationEnvironment>): RuntimeContract | undefined {
  const { SLOT_IDS_CSV, OROBOROS_PORT_OFFSET } = environment;
  if (typeof SLOT_IDS_CSV !== "string" || !isCompleteSlotList(SLOT_IDS_CSV)) return undefined;
  if (typeof OROBOROS_PORT_OFFSET !== "number") return undefined;
  try {
    return contractOf({ OROBOROS_ROOT: "/", ...environment, SLOT_IDS_CSV, OROBOROS_PORT_OFFSET });
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}

/** The variables that carry a contract; what is the documents' default is left out. */
export function installationEnvironment(contract: RuntimeContract) {
  const documents = defineContract();
  return {
    OROBOROS_ROOT: contract.root,
    OROBOROS_PORT_OFFSET: String(contract.portOffset),
    SLOT_IDS_CSV: slotIds(contract).join(","),
    ...(contract.domain === documents.domain ? {} : { OROBOROS_DOMAIN: contract.domain }),
    ...(contract.previewDomain === contract.domain ? {} : { OROBOROS_PREVIEW_DOMAIN: contract.previewDomain }),
    ...(contract.unitPrefix === documents.unitPrefix ? {} : { OROBOROS_UNIT_PREFIX: contract.unitPrefix }),
    ...(contract.corsAllowedOrigins.length === 0
      ? {}
      : { OROBOROS_CORS_ORIGINS: contract.corsAllowedOrigins.join(",") }),
  };
}

function isCompleteSlotList(csv: string): boolean {
  const ids = csv.split(",");
  return ids.every((id, index) => id === `preview-${index + 1}`);
}
