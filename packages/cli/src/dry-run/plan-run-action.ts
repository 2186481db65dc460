import { OperatorError, type Role, type RunId } from "@oroboros/slot-contract";
import type { ApiClient } from "../api-client.ts";
import type { CommandOutcome } from "../command.ts";
import { describe, describeWithList } from "../table.ts";
import { ownerObjection, roleObjection } from "./judge-caller.ts";
import { refused, type RunFacts, type Verdict } from "./run-facts.ts";

/** What a command would do to a run, and the rule by which the api lets it. */
export interface RunAction {
  runId: RunId;
  /** The role that the api asks for. */
  needs: Role;
  judge: (run: RunFacts) => Verdict | Promise<Verdict>;
}

/**
 * What a command would come to now: its plan, or the refusal that it would meet, with that refusal's code and exit status. It asks
 * for the run and for whose token this is, and nothing that changes anything; until the real call both may be others.
 */
export async function planRunAction(api: ApiClient, action: RunAction): Promise<CommandOutcome> {
  const { runId } = action;
  try {
    const caller = await api.whoAmI();
    const objection = roleObjection(caller, action.needs);
    if (objection !== undefined) throw objection;
    const run = await api.showRun(runId);
    const { status, commit_sha, slot_id } = run;
    const notOwn = ownerObjection(caller, run);
    const verdict = notOwn === undefined ? await action.judge(run) : refused(notOwn);
    return outcomeOf(verdict, { dry_run: true, run_id: runId, status, commit_sha, slot_id });
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return outcomeOf(refused(error), { dry_run: true, run_id: runId });
  }
}

function outcomeOf(verdict: Verdict, about: object): CommandOutcome {
  if (verdict.kind === "refused") {
    return { ok: false, fields: { ...about, plan: [] }, error: verdict.error, text: describe(about) };
  }
  const fields = { ...about, already: verdict.kind === "already", plan: verdict.plan };
  return { ok: true, fields, text: describeWithList(fields, verdict.plan) };
}
