import { checkHost, topologyOf } from "@oroboros/operations";
import {
  etcPath,
  HEALTH_SCOPES,
  OperatorError,
  workerUnit,
  type HealthReport,
  type HealthScope,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { contractOf } from "@oroboros/slot-contract/environments";
import type { RunCommand } from "../command.ts";
import { readEnvironmentToCheck } from "../read-environment-to-check.ts";
import { table } from "../table.ts";

/** Opens neither the control database nor the queue: what is asked of them is whether they are there. */
export const hostHealthCheck: RunCommand = async (command) => {
  const { environment, problem } = await readEnvironmentToCheck(command);
  const contract = contractOf(environment);
  const topology = topologyOf(environment);
  const scope = scopeOf(command.input.text("scope"));
  const checked = await checkHost({ contract, topology, scope, clock: command.world.clock });
  const { ok, ...report } = problem === undefined ? checked : withProblem(checked, contract, problem);
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

/** A worker that runs with what the file said before does not outlive its next start. */
function withProblem(report: HealthReport, contract: RuntimeContract, { message }: OperatorError): HealthReport {
  const unit = workerUnit(contract);
  const target = `${etcPath(contract)}/worker.env`;
  const next = `Correct ${target}, then: systemctl restart ${unit}`;
  const worker = {
    service: "worker",
    unit,
    target,
    status: "unhealthy",
    detail: message,
    next,
    duration_ms: 0,
  } as const;
  return { ...report, ok: false, services: [worker, ...report.services] };
}

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
