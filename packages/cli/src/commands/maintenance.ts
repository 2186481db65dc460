import {
  checkHost,
  houseLimits,
  keepSummary,
  pruneHouse,
  reapLeases,
  summarizeDay,
  topologyOf,
  type Context,
  type PruneReport,
  type ReapReport,
} from "@oroboros/operations";
import { OperatorError, parseEnvironment } from "@oroboros/slot-contract";
import { contractOf, workerEnvironmentSchema, type WorkerEnvironment } from "@oroboros/slot-contract/environments";
import { maintenanceUnit, type MaintenanceTask } from "@oroboros/slot-contract/host";
import type { CommandContext, CommandOutcome, RunCommand } from "../command.ts";
import { describe } from "../table.ts";
import { readWorkerEnvironment, withEnvironment } from "../with-operations.ts";
import { auditOutcome } from "./db-audit.ts";

type Task = (work: {
  context: Context;
  environment: WorkerEnvironment;
  command: CommandContext;
}) => Promise<CommandOutcome>;

/** One of a timer's tasks. All of them are safe to repeat, and with several at once. */
export const maintenance =
  (task: MaintenanceTask): RunCommand =>
  async (command) => {
    const environment = await ownEnvironment(command);
    refuseRoot(task, environment, command.world.user.uid);
    return withEnvironment(command, environment, (context) => TASKS[task]({ context, environment, command }));
  };

const TASKS: Record<MaintenanceTask, Task> = {
  "reap-leases": async ({ context, command }) =>
    reapOutcome(await reapLeases(context, { dryRun: command.input.flag("dryRun") })),
  "audit-resets": async ({ context, command }) => auditOutcome(context, { deep: false, uid: command.world.user.uid }),
  prune: async ({ context, environment, command }) =>
    pruneOutcome(await pruneHouse(context, houseLimits(environment), { dryRun: command.input.flag("dryRun") })),
  "daily-summary": summaryOutcome,
};

/**
 * What root writes below the worker's directories may land wherever the worker's user has linked them to: on a host a task is its unit's.
 *
 * @throws OperatorError `command_refused`.
 */
function refuseRoot(task: MaintenanceTask, environment: WorkerEnvironment, uid: number): void {
  if (environment.OROBOROS_SERVICE_MANAGER !== "systemd" || uid !== 0) return;
  throw new OperatorError("command_refused", `maintenance ${task} writes where its unit's user may, and not as root.`, {
    hint: `systemctl start ${maintenanceUnit(contractOf(environment), task)}`,
  });
}

/** A unit is given the file's variables by systemd, and may not read the file, which is root's. */
async function ownEnvironment(command: CommandContext): Promise<WorkerEnvironment> {
  const { environment } = command.world;
  if (environment["SLOT_DATABASE_PASSWORD_KEY"] === undefined) return readWorkerEnvironment(command);
  return parseEnvironment("the unit", workerEnvironmentSchema, environment);
}

function reapOutcome(report: ReapReport): CommandOutcome {
  const slots = report.expired.map(({ slot_id: slot }) => slot).join(" ");
  return { ok: true, fields: report, text: describe({ expired: slots, woken: report.woken }) };
}

function pruneOutcome(report: PruneReport): CommandOutcome {
  const { evidence, packages, templates } = report;
  const found = { evidence: evidence.length, packages: packages.length, templates: templates.length };
  return { ok: true, fields: report, text: describe(report.dry_run ? found : report.removed) };
}

async function summaryOutcome({ context, environment, command }: Parameters<Task>[0]): Promise<CommandOutcome> {
  const { contract, clock } = context;
  const topology = topologyOf(environment);
  const summary = await summarizeDay(context, () => checkHost({ contract, topology, scope: "all", clock }));
  const kept = command.input.flag("dryRun") ? null : await keepSummary(contract, summary);
  const fields = { ...summary, written: kept?.path ?? null, removed: kept?.removed ?? [] };
  const { date, healthy } = summary;
  return { ok: true, fields, text: describe({ date, healthy: healthy ? "yes" : "NO", written: kept?.path ?? "-" }) };
}
