import {
  backendPort,
  loopbackUrl,
  OperatorError,
  parseEnvironment,
  parseSlotId,
  slotIds,
  slotNumberOfFrontendPort,
  type Environment,
  type SlotId,
} from "@oroboros/slot-contract";
import { contractOf, webSurfaceEnvironmentSchema } from "@oroboros/slot-contract/environments";

export type SurfaceSettings = Readonly<{
  slot: SlotId;
  /** Link to the build that is served; it may point elsewhere, or nowhere, at the next request. */
  root: string;
  port: number;
  apiPort: number;
}>;

const FLAG_VARIABLES = { "--root": "WEB_ROOT", "--port": "WEB_PORT", "--api-target": "WEB_API_PROXY_TARGET" } as const;
const FLAGS = [...Object.keys(FLAG_VARIABLES), "--slot"];

/**
 * Reads the variables, which flags override. The slot follows from the port.
 *
 * @throws OperatorError `invalid_request` for an unknown flag; `invalid_environment`; `invalid_slot` where `--slot` is not the
 *   port's slot; `upstream_refused` where the port belongs to no slot or the upstream is not that slot's own backend.
 */
export function readSurfaceSettings(environment: Environment, args: readonly string[]): SurfaceSettings {
  const flags = readFlags(args);
  const overrides = Object.entries(FLAG_VARIABLES).flatMap(([flag, name]) => {
    const value = flags.get(flag);
    return value === undefined ? [] : [[name, value]];
  });
  const env = parseEnvironment("web-surface", webSurfaceEnvironmentSchema, {
    ...environment,
    ...Object.fromEntries(overrides),
  });
  const contract = contractOf(env);
  const slot = slotIds(contract)[(slotNumberOfFrontendPort(contract, env.WEB_PORT) ?? 0) - 1];
  if (slot === undefined)
    throw refused(`Port ${env.WEB_PORT} belongs to no slot of this host.`, "Set WEB_PORT to a slot's port.");
  const claimed = flags.get("--slot");
  if (claimed !== undefined && parseSlotId(contract, claimed) !== slot) {
    throw new OperatorError("invalid_slot", `Port ${env.WEB_PORT} belongs to ${slot}, not to ${claimed}.`, {
      hint: "Leave --slot out, or give the port of that slot.",
    });
  }
  const apiPort = backendPort(contract, slot);
  if (env.WEB_API_PROXY_TARGET !== loopbackUrl(apiPort)) {
    throw refused(
      `${env.WEB_API_PROXY_TARGET} is not the backend of ${slot}.`,
      `Set WEB_API_PROXY_TARGET (--api-target) to ${loopbackUrl(apiPort)}.`,
    );
  }
  return { slot, root: env.WEB_ROOT, port: env.WEB_PORT, apiPort };
}

function readFlags(args: readonly string[]): Map<string, string> {
  const flags = new Map<string, string>();
  for (let index = 0; index < args.length; index += 2) {
    const [flag, value] = [args[index] ?? "", args[index + 1]];
    if (!FLAGS.includes(flag) || value === undefined) {
      throw new OperatorError("invalid_request", `${JSON.stringify(flag)} is not a flag with a value of web-surface.`, {
        hint: `Use ${FLAGS.map((name) => `${name} VALUE`).join(", ")}.`,
      });
    }
    flags.set(flag, value);
  }
  return flags;
}

const refused = (message: string, hint: string): OperatorError =>
  new OperatorError("upstream_refused", message, { hint });
