import { runIdArgument } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { describe, plain, table } from "../table.ts";

export const runsDiff: RunCommand = async (context) => {
  const diff = await (await connectApi(context)).runDiff(runIdArgument(context.input));
  const { patch, files, ...about } = diff;
  const rows = files.map(({ path, status, additions, deletions }) => [status, `+${additions}`, `-${deletions}`, path]);
  // Line by line: what a branch wrote could take over a terminal.
  const shown = patch.split("\n").map((line) => plain(line.replaceAll("\t", "    ")));
  const text = [describe(about), table(["status", "added", "deleted", "file"], rows), shown.join("\n")].join("\n\n");
  return { ok: true, fields: diff, text };
};
