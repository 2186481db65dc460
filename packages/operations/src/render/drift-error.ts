import { OperatorError } from "@oroboros/slot-contract";
import type { InfraDrift } from "./compare-infra.ts";

const NAMED = 20;

/** `files_drifted`, naming each file, and what is wrong with it. */
export function driftError({ missing, changed, left_over }: InfraDrift, directory: string): OperatorError {
  const named = [
    ...missing.map((path) => `${path} is missing`),
    ...changed.map((path) => `${path} differs`),
    ...left_over.map((path) => `${path} is left over`),
  ];
  const more = named.length > NAMED ? `, and ${named.length - NAMED} more` : "";
  return new OperatorError(
    "files_drifted",
    `${directory} is not what infra/contract.ts renders: ${named.slice(0, NAMED).join(", ")}${more}.`,
    { hint: "Change infra/contract.ts, not these files, and write them again with: scripts/oroboros render" },
  );
}
