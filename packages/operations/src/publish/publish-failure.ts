import type { PublishStepName } from "@oroboros/slot-contract";

/** A step of a publish failed; `cause` is what it threw. */
export class PublishFailure extends Error {
  override readonly name = "PublishFailure";
  readonly step: PublishStepName;

  constructor(step: PublishStepName, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.step = step;
  }
}
