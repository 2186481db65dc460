import type { RunCommand } from "../command.ts";
import { runDemo, type DemoReport } from "../demo/run-demo.ts";
import { checkoutPath, upRequest } from "../embedded.ts";
import { table } from "../table.ts";

export const demo: RunCommand = async (context) => {
  const { input, world } = context;
  const { redisUrl: _, ...request } = upRequest(context);
  const report = await runDemo({
    ...request,
    clock: world.clock,
    onInterrupt: world.onInterrupt,
    example: { directory: `${checkoutPath(world)}/dist/demo` },
    keep: input.flag("keep"),
  });
  return { ok: true, fields: report, text: describeDemo(report) };
};

function describeDemo(report: DemoReport): string {
  const steps = table(
    ["step", "status", "ms"],
    report.steps.map(({ name, status, ms }) => [name, status, ms]),
  );
  const live = [
    `${report.slot_id} serves ${report.branch} at ${report.commit_sha.slice(0, 12)}`,
    `  preview   ${report.frontend_url}`,
    `  backend   ${report.backend_url}`,
    `  operator  ${report.operator_url}`,
    `  push to   ${report.repository}`,
  ];
  const next = report.kept
    ? [`Take it down with: scripts/oroboros runtime down --remove --root ${report.root}`]
    : ["Everything was stopped and removed again. Keep it with: ./scripts/demo.sh --keep"];
  return [steps, "", ...live, "", `${report.total_ms} ms from nothing to a proven preview.`, ...next].join("\n");
}
