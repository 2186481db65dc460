import {
  apiEnvironmentSchema,
  OperatorError,
  parseEnvironment,
  type ApiEnvironment,
  type Environment,
} from "@oroboros/slot-contract";

export const readApiEnvironment = (source: Environment): ApiEnvironment =>
  parseEnvironment("The api", apiEnvironmentSchema, source);

export const USAGE = `usage: api.js [--slot-backend | --help]
  Without an option it is the control plane, with the variables of api.env.
  --slot-backend  the backend of one preview slot: only the endpoints that every previewed backend has, on the slot's own
                  database, with the variables of a slot's backend (SLOT_ID, SLOT_BACKEND_PORT, DATABASE_URL, ...)
`;

export type ServingMode = "control-plane" | "slot-backend";

/** @throws OperatorError `invalid_request` for any other argument. */
export function readMode(args: readonly string[]): ServingMode | "help" {
  const [option, ...rest] = args;
  if (option === undefined) return "control-plane";
  if (rest.length === 0 && option === "--help") return "help";
  if (rest.length === 0 && option === "--slot-backend") return "slot-backend";
  throw new OperatorError("invalid_request", `The api does not take ${JSON.stringify(args.join(" "))}.`, {
    hint: "See its options with: --help",
  });
}
