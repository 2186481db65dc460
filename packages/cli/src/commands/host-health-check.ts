import { checkHost, topologyOf } from "@oroboros/operations";
import { HEALTH_SCOPES, OperatorError, type HealthReport, type HealthScope } from "@oroboros/slot-contract";
import { contractOf } from "@oroboros/slot-contract/environments";
import type { RunCommand } from "../command.ts";
import { table } from "../table.ts";
import { readWorkerEnvironment } from "../with-operations.ts";

/** Opens neither the control database nor the queue: what is asked of them is whether they are there. */
export const hostHealthCheck: RunCommand = async (command) => {
  const environment = await readWorkerEnvironment(command);
  const { ok, ...report } = await checkHost({
    contract: contractOf(environment),
    topology: topologyOf(environment),
    scope: scopeOf(command.input.text("scope")),
    clock: command.world.clock,
  });
  const text = table(
    ["service", "healthy", "ms", "asked", "detail", "next"],
    report.services.map(({ service, status, duration_ms, target, detail, next }) => [
      service,
      status === "healthy" ? "yes" : "NO",
      duration_ms,
      target,
      // It stands in the column before.
      detail?.replace(`${target} `, ""),
      next,
    ]),
  );
  return ok ? { ok, fields: report, text } : { ok, fields: report, error: unhealthy(report.services), text };
};

/** The command table has let nothing else through. */
const scopeOf = (text: string): HealthScope => HEALTH_SCOPES.find((scope) => scope === text) ?? "all";

function unhealthy(services: HealthReport["services"]): OperatorError {
  const failed = services.filter(({ status }) => status === "unhealthy");
  const [first] = failed;
  const named = failed.map(({ service, detail }) => `${service}: ${detail}`).join("; ");
  return new OperatorError("gate_failed", `${failed.length} of ${services.length} checks failed. ${named}.`, {
    hint:
      first?.next === null || first === undefined
        ? "Read each check's detail."
        : `Start with ${first.service}: ${first.next}`,
  });
}
