import {
  apiPort,
  backendPort,
  loopbackUrl,
  OperatorError,
  parseEnvironment,
  parseSlotId,
  slotIds,
  slotNumberOfFrontendPort,
  webMainPort,
  type Environment,
  type RuntimeContract,
  type SlotId,
} from "@oroboros/slot-contract";
import { contractOf, webSurfaceEnvironmentSchema } from "@oroboros/slot-contract/environments";

export type SurfaceSettings = Readonly<{
  /** Null: web-main, which serves production and whose upstream is the api. */
  slot: SlotId | null;
  /** Link to the build that is served; it may point elsewhere, or nowhere, at the next request. */
  root: string;
  port: number;
  /** Where `/api` is passed on to. */
  upstreamPort: number;
}>;

const FLAG_VARIABLES = { "--root": "WEB_ROOT", "--port": "WEB_PORT", "--api-target": "WEB_API_PROXY_TARGET" } as const;
const FLAGS = [...Object.keys(FLAG_VARIABLES), "--slot"];

/**
 * Reads the variables, which flags override. The slot, or that it is web-main, follows from the port.
 *
 * @throws OperatorError `invalid_request` for an unknown flag; `invalid_environment`; `invalid_slot` where `--slot` is not the
 *   port's slot; `upstream_refused` where the port is no surface's or the upstream is not the one of that surface.
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
  const slot = slotOfPort(contract, env.WEB_PORT);
  refuseOtherSlot(contract, { slot, claimed: flags.get("--slot"), port: env.WEB_PORT });
  const upstreamPort = slot === null ? apiPort(contract) : backendPort(contract, slot);
  if (env.WEB_API_PROXY_TARGET !== loopbackUrl(upstreamPort)) {
    throw refused(
      `${env.WEB_API_PROXY_TARGET} is not ${slot === null ? "the api, and web-main passes requests to nobody else" : `the backend of ${slot}`}.`,
      `Set WEB_API_PROXY_TARGET (--api-target) to ${loopbackUrl(upstreamPort)}.`,
    );
  }
  return { slot, root: env.WEB_ROOT, port: env.WEB_PORT, upstreamPort };
}

function slotOfPort(contract: RuntimeContract, port: number): SlotId | null {
  if (port === webMainPort(contract)) return null;
  const slot = slotIds(contract)[(slotNumberOfFrontendPort(contract, port) ?? 0) - 1];
  if (slot !== undefined) return slot;
  throw refused(
    `Port ${port} belongs to no surface of this host.`,
    `Set WEB_PORT to a slot's port, or to web-main's ${webMainPort(contract)}.`,
  );
}

function refuseOtherSlot(
  contract: RuntimeContract,
  { slot, claimed, port }: { slot: SlotId | null; claimed: string | undefined; port: number },
): void {
  if (claimed === undefined || parseSlotId(contract, claimed) === slot) return;
  throw new OperatorError("invalid_slot", `Port ${port} belongs to ${slot ?? "web-main"}, not to ${claimed}.`, {
    hint: "Leave --slot out, or give the port of that slot.",
  });
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
