import type { RunDetail } from "@oroboros/slot-contract";
import { plain } from "./table.ts";

/** What has become of a run, in a sentence. */
export function endOf({ run_id: id, status, failure_reason_code: code, failure_message: message }: RunDetail): string {
  const reason = [code, message].filter((part) => part !== null).map(plain);
  return [`Run ${id} is ${status}`, ...reason].join(": ").replace(/\.?$/, ".");
}
