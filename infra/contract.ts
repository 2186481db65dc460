import type { RuntimeContractInput } from "../packages/slot-contract/src/index.ts";

/** This host, where it differs from the documents' own. Write the files again after a change: scripts/oroboros render */
export const contract = {
  slotCount: 3,
  domain: "example.com",
} satisfies RuntimeContractInput;
