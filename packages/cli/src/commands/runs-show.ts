import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describeDestructive } from "../describe-destructive.ts";
import { describeRun } from "../describe-run.ts";
import { nextStep } from "../next-step.ts";
import { eventTable, readEvents } from "../read-events.ts";
import { table } from "../table.ts";

export const runsShow: RunCommand = async (context) => {
  const runId = runIdArgument(context.input);
  const api = await connectApi(context);
  const [run, events, approvals] = await Promise.all([
    api.showRun(runId),
    readEvents(api, runId),
    api.listApprovals(runId),
  ]);
  const artifacts = run.artifacts.map((artifact) => ({ ...artifact, url: api.artifactUrl(runId, artifact.uri) }));
  const evidence = table(
    ["artifact", "bytes", "url"],
    artifacts.map(({ artifact_type, size_bytes, url }) => [artifact_type, size_bytes, url]),
  );
  const publishes = table(
    ["publish", "status", "commit", "requested", "failure"],
    run.attempts.map((each) => [
      each.attempt,
      each.status,
      each.commit_sha,
      each.requested_at,
      each.failure_reason_code,
    ]),
  );
  const text = [
    describeRun(run, { approvals, now: context.world.clock.today() }),
    publishes,
    ...describeDestructive(run.destructive_statements),
    eventTable(events),
    evidence,
  ].join("\n\n");
  return { ok: true, fields: { ...run, artifacts, events, approvals, next: nextStep(run) }, text };
};
