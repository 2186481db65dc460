import { checkCluster, type ClusterReport, type Context } from "@oroboros/operations";
import { OperatorError } from "@oroboros/slot-contract";
import type { RunCommand } from "../command.ts";
import { table } from "../table.ts";
import { withOperations } from "../with-operations.ts";

/** What the doctor looks at, one after the other; each says what it found and how much it looked at. */
const SECTIONS: Readonly<Record<string, (context: Context) => Promise<ClusterReport>>> = { database: checkCluster };

type Section = ClusterReport & { name: string };

export const doctor: RunCommand = async (context) => {
  const sections = await withOperations(context, async (operations) => {
    const reports: Section[] = [];
    for (const [name, check] of Object.entries(SECTIONS)) reports.push({ name, ...(await check(operations)) });
    return reports;
  });
  const fields = { sections };
  const text = [...sections.map(summaryOf), ...tableOf(sections)].join("\n");
  const wrong = sections.flatMap(({ findings }) => findings.filter(({ level }) => level === "error"));
  const [first] = wrong;
  if (first === undefined) return { ok: true, fields, text };
  const more = wrong.length === 1 ? "" : ` (and ${wrong.length - 1} more)`;
  return {
    ok: false,
    fields,
    text,
    error: new OperatorError("gate_failed", first.message + more, { hint: first.hint }),
  };
};

function summaryOf({ name, ok, roles, databases, functions, findings }: Section): string {
  const warnings = findings.filter(({ level }) => level === "warning").length;
  const wrong = ok ? "nothing is wrong" : "something is WRONG";
  const known = warnings === 0 ? "" : `, ${warnings} warning${warnings === 1 ? "" : "s"}`;
  return `${name}: ${wrong}${known} (${roles} roles, ${databases} databases, ${functions} functions)`;
}

function tableOf(sections: readonly Section[]): string[] {
  const rows = sections.flatMap(({ name, findings }) =>
    findings.map(({ level, code, subject, message, hint }) => [name, level, code, subject, message, hint]),
  );
  return rows.length === 0 ? [] : [table(["section", "level", "code", "what", "found", "next"], rows)];
}
