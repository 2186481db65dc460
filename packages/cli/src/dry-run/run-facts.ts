import type { OperatorError, RunDetail } from "@oroboros/slot-contract";

/** What the api's rules look at before they let somebody move a run or decide on it. */
export type RunFacts = Pick<
  RunDetail,
  "run_id" | "status" | "commit_sha" | "failure_reason_code" | "lease" | "attempts" | "principal"
>;

/** Until when a run holds its slot, in milliseconds of the epoch; 0 where it holds none. */
export const leaseEnd = ({ lease }: RunFacts): number => (lease === null ? 0 : Date.parse(lease.expires_at));

/** What asking for it now would come to: what is done, that it is so already, or the refusal. */
export type Verdict =
  | { kind: "allowed"; plan: string[] }
  | { kind: "already"; plan: string[] }
  | { kind: "refused"; error: OperatorError };

export const allowed = (...plan: string[]): Verdict => ({ kind: "allowed", plan });
export const already = (note: string): Verdict => ({ kind: "already", plan: [`nothing: ${note}`] });
export const refused = (error: OperatorError): Verdict => ({ kind: "refused", error });
