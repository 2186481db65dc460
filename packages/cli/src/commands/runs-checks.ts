import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { table } from "../table.ts";

const SHORT_SHA = 12;

export const runsChecks: RunCommand = async (context) => {
  const checks = await (await connectApi(context)).runChecks(runIdArgument(context.input));
  const rows = checks.items.map((check) => [
    check.name,
    check.status,
    check.duration_ms,
    check.commit_sha.slice(0, SHORT_SHA),
    check.message ?? check.artifact_uri,
  ]);
  const text =
    rows.length === 0
      ? "Nothing of this run was checked yet."
      : table(["check", "status", "ms", "commit", "evidence"], rows);
  return { ok: true, fields: checks, text };
};
