import type { PublishTarget, RuntimeContract } from "@oroboros/slot-contract";
import type { SourceFacts } from "./observe-source.ts";
import { planLive } from "./plan-live.ts";
import { decideReuse, type PreviousPublish } from "./plan-reuse.ts";
import { planSteps } from "./plan-steps.ts";
import type { PublishPlan } from "./publish-plan.ts";

/**
 * The steps that make a commit live in a slot, in their order. After an earlier publish of the run only what has changed is made
 * again, beside what is live, and the database comes last: until then the old preview serves.
 */
export function planPublish(
  contract: RuntimeContract,
  target: PublishTarget,
  source: SourceFacts,
  previous?: PreviousPublish,
): PublishPlan {
  const reuse = decideReuse(source, previous);
  const live = planLive(contract, target, source, reuse);
  const steps = planSteps({ contract, target, source, reuse, live });
  const { checkout, database_reset: reset, frontend_publish: frontend, dependency_sync: dependencies } = steps;
  const made =
    previous === undefined ? [checkout, reset, frontend, dependencies] : [checkout, frontend, dependencies, reset];
  return { steps: [...made, steps.migration, steps.backend_restart, steps.readiness, steps.smoke], live };
}
