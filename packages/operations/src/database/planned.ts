import type { ErrorCode } from "@oroboros/slot-contract";
import type { Refused } from "../slots/refused-claim.ts";

/** What a call would do, or what it would be refused with. */
export interface Planned {
  plan: string[];
  /** The real call's code; null where it would act. */
  refused_with: ErrorCode | null;
}

/** A plan that begins with what stands against it, in the order in which the real call would meet it. */
export function planned(refusals: readonly (Refused | undefined)[], steps: readonly string[]): Planned {
  const refused = refusals.filter((refusal) => refusal !== undefined);
  return { plan: [...refused.map(({ line }) => line), ...steps], refused_with: refused[0]?.error.code ?? null };
}
