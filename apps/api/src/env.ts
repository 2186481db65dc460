import { OperatorError, parseEnvironment, type Environment } from "@oroboros/slot-contract";
import { apiEnvironmentSchema, type ApiEnvironment } from "@oroboros/slot-contract/environments";

export const readApiEnvironment = (source: Environment): ApiEnvironment =>
  parseEnvironment("The api", apiEnvironmentSchema, source);

export const USAGE = `usage: api.js [--slot-backend [--control] | --help]
  Without an option it is the control plane, with the variables of api.env.
  --slot-backend  the backend of one preview slot: only the endpoints that every previewed backend has, on the slot's own
                  database, with the variables of a slot's backend (SLOT_ID, SLOT_BACKEND_PORT, DATABASE_URL, ...)
  --control       behind those a control plane of the slot's own, with its tables and its queue in the slot's database;
                  the address of its operator's page stands in the backend's log
`;

export type ServingMode = "control-plane" | "slot-backend" | "slot-backend-and-control-plane";

const MODES: Readonly<Record<string, ServingMode | "help">> = {
  "": "control-plane",
  "--help": "help",
  "--slot-backend": "slot-backend",
  "--slot-backend --control": "slot-backend-and-control-plane",
};

/** @throws OperatorError `invalid_request` for any other arguments. */
export function readMode(args: readonly string[]): ServingMode | "help" {
  const mode = MODES[args.join(" ")];
  if (mode !== undefined) return mode;
  throw new OperatorError("invalid_request", `The api does not take ${JSON.stringify(args.join(" "))}.`, {
    hint: "See its options with: --help",
  });
}
