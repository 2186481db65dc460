import type { OperatorError, RuntimeContract } from "@oroboros/slot-contract";
import type { ServiceTopology } from "../health/service-topology.ts";
import type { Looked } from "./doctor-report.ts";

/** What the doctor looks at. */
export interface Patient {
  contract: RuntimeContract;
  topology: ServiceTopology;
  /** Why either of them is not what the host's own files say. */
  problems?: readonly OperatorError[];
}

export interface SectionSpec {
  name: string;
  /** Why it is not looked at in this installation; undefined where it is. */
  skips?: (patient: Patient) => string | undefined;
  look: (patient: Patient) => Promise<Looked>;
}
