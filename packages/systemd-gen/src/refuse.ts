import { OperatorError } from "@oroboros/slot-contract";

/** Which directive of which unit is being written, for whoever reads the refusal. */
export interface Place {
  readonly unit: string;
  readonly directive: string;
}

/** A value that no form of a directive can carry to systemd unchanged. */
export function uncarriable({ unit, directive }: Place, value: string, why: string): OperatorError {
  return new OperatorError(
    "invalid_contract",
    `${directive}= of ${unit} can not be ${JSON.stringify(value.slice(0, 200))}: ${why}.`,
    { hint: "Change the value in infra/contract.ts that it comes from, and run the command again." },
  );
}
