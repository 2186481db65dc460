import type { DestructiveReport, MigrationFindings } from "@oroboros/slot-contract";
import { plain, table } from "./table.ts";

/** What migrations would take away or break, for a person; nothing where there is nothing to tell. */
export function describeDestructive(findings: MigrationFindings | DestructiveReport | null | undefined): string[] {
  if (findings === null || findings === undefined) return [];
  const { statements, not_analysed: notAnalysed } = findings;
  const rows = statements.map(({ kind, object, file, line, statement }) => [
    kind.replaceAll("_", " "),
    object,
    `${file}:${line}`,
    statement,
  ]);
  const lines = [
    ...(rows.length === 0 ? [] : [table(["destructive", "object", "where", "statement"], rows)]),
    ...notAnalysed.map(({ file, reason }) => plain(`not analysed: ${file}: ${reason}`)),
  ];
  if (lines.length === 0) return [];
  return ["commit_sha" in findings ? [`migrations of ${findings.commit_sha}:`, ...lines].join("\n") : lines.join("\n")];
}
