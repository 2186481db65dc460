import { includesRole, OperatorError, type Role } from "@oroboros/slot-contract";
import type { RunFacts } from "./run-facts.ts";

/** Whose token the command line has. */
export interface Caller {
  label: string;
  role: Role;
}

/** What the api would answer to anybody without the role; undefined for whoever has it. */
export function roleObjection({ label, role }: Caller, needed: Role): OperatorError | undefined {
  if (includesRole(role, needed)) return undefined;
  return new OperatorError("role_required", `This needs the role ${needed}; the token "${label}" is ${role}.`, {
    hint: `Make a token with: oroboros token create --role ${needed} --label <who>; set it as OROBOROS_TOKEN`,
  });
}

/**
 * What the api would answer to an agent about a run that it did not create. The api tells a token's label and not its id, so one
 * of two agents with the same label is told that it may.
 */
export function ownerObjection({ label, role }: Caller, run: RunFacts): OperatorError | undefined {
  const created = /^token:[0-9]+:(.*)$/s.exec(run.principal ?? "");
  if (includesRole(role, "operator") || created?.[1] === label) return undefined;
  const message = `The request of "${label}", who is ${role}, is about run ${run.run_id}, which it did not create.`;
  return new OperatorError("role_required", message, { hint: "Name a run of your own, or use an operator's token." });
}
