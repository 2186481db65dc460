import { OperatorError, type SlotJob, slotJobSchema } from "@oroboros/slot-contract";

/**
 * The job that a file holds.
 *
 * @throws OperatorError `invalid_request`, which names the file and nothing of what is in it: a job holds a secret.
 */
export function parseSlotJob(path: string, text: string): SlotJob {
  const job = slotJobIn(text);
  if (job !== undefined) return job;
  throw new OperatorError("invalid_request", `${path} holds no job.`, {
    hint: "Publish the run again; nothing was started.",
  });
}

/** Undefined where the text is no job. */
export function slotJobIn(text: string): SlotJob | undefined {
  try {
    return slotJobSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
