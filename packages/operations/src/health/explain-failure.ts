import { serviceLog, type RuntimeContract } from "@oroboros/slot-contract";
import type { ServiceCheck } from "./service-checks.ts";
import type { UnitProperties } from "./show-units.ts";

export const STATE_PROPERTIES = ["LoadState", "ActiveState", "SubState", "Result", "ExecMainStatus"] as const;

/** What is known of a service beside its answer. */
export type ServiceState = Readonly<
  | { kind: "unit"; properties: UnitProperties }
  /** Stopped with everything else of the host. */
  | { kind: "down"; target: string }
  | { kind: "stopped" }
  | { kind: "unknown" }
>;

export interface Explanation {
  /** Why it does not answer; undefined where its answer says all there is. */
  reason: string | undefined;
  next: string;
}

/** Why a service does not answer as it should, and what to type next; decides on what was observed and asks nobody. */
export function explainFailure(
  contract: Pick<RuntimeContract, "root">,
  check: Pick<ServiceCheck, "service" | "unit" | "log" | "slot" | "ask">,
  state: ServiceState,
): Explanation {
  if (state.kind === "unit") return explainUnit(check, state.properties);
  if (state.kind === "down")
    return { reason: `the host is down (${state.target} is inactive)`, next: "./scripts/runtime-up.sh" };
  const start = startOf(check, ` --root ${contract.root}`);
  if (state.kind === "stopped" && start !== undefined) return { reason: stopped("it"), next: start };
  if (check.ask.kind === "redis")
    return { reason: undefined, next: "Start the Redis that REDIS_URL in worker.env names." };
  return { reason: undefined, next: `tail -n 50 ${serviceLog(contract, check.log)}` };
}

function explainUnit(
  check: Pick<ServiceCheck, "unit" | "service" | "slot">,
  { LoadState: load, ActiveState: active, SubState: sub, Result: result, ExecMainStatus: status }: UnitProperties,
): Explanation {
  const { unit } = check;
  const journal = `journalctl --no-pager -n 50 -u ${unit}`;
  if (load === "not-found") return { reason: `${unit} is not installed`, next: "./scripts/systemd-install-runtime.sh" };
  if (load === "masked") return { reason: `${unit} is masked`, next: `systemctl unmask ${unit}` };
  if (active === "inactive") return { reason: stopped(unit), next: startOf(check) ?? `systemctl start ${unit}` };
  if (active === "failed") {
    const code = status === undefined || status === "0" ? "" : `, status ${status}`;
    return { reason: `${unit} failed (${result ?? "unknown"}${code})`, next: journal };
  }
  if (active === "activating" && sub === "auto-restart")
    return { reason: `${unit} ended, and is being started again`, next: journal };
  if (active === "active") return { reason: undefined, next: `systemctl status --no-pager ${unit}` };
  return { reason: `${unit} is ${active ?? "unknown"}`, next: journal };
}

const stopped = (what: string): string => `${what} is stopped, and stays so until it is started`;

function startOf({ slot, service }: Pick<ServiceCheck, "slot" | "service">, options = ""): string | undefined {
  if (slot === null || !service.startsWith("preview-backend@")) return undefined;
  return options === ""
    ? `./scripts/preview-backend-runtime.sh start --slot ${slot}`
    : `oroboros backend start --slot ${slot}${options}`;
}
