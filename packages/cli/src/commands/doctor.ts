import { checkCluster, examineHost, topologyOf, type DoctorSection, type SectionSpec } from "@oroboros/operations";
import { OperatorError } from "@oroboros/slot-contract";
import { contractOf, type WorkerEnvironment } from "@oroboros/slot-contract/environments";
import type { CommandContext, RunCommand } from "../command.ts";
import { readEnvironmentToCheck } from "../read-environment-to-check.ts";
import { table } from "../table.ts";
import { withEnvironment } from "../with-operations.ts";

export const doctor: RunCommand = async (context) => {
  const { environment, problem } = await readEnvironmentToCheck(context);
  const patient = {
    contract: contractOf(environment),
    topology: topologyOf(environment),
    problems: problem === undefined ? [] : [problem],
  };
  const sections = await examineHost(patient, [databaseSection(context, environment)]);
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

/** Roles, rights, functions and settings of the PostgreSQL server. */
const databaseSection = (context: CommandContext, environment: WorkerEnvironment): SectionSpec => ({
  name: "database",
  look: async () => {
    const { findings, roles, databases, functions } = await withEnvironment(context, environment, checkCluster);
    return { seen: { roles, databases, functions }, findings };
  },
});

function summaryOf({ name, ok, skipped, seen, findings }: DoctorSection): string {
  if (skipped !== null) return `${name}: not looked at: ${skipped}`;
  const warnings = findings.filter(({ level }) => level === "warning").length;
  const wrong = ok ? "nothing is wrong" : "something is WRONG";
  const known = warnings === 0 ? "" : `, ${warnings} warning${warnings === 1 ? "" : "s"}`;
  const counted = Object.entries(seen).map(([what, much]) =>
    typeof much === "number" ? `${much} ${what.replaceAll("_", " ")}` : `${what} ${much}`,
  );
  return `${name}: ${wrong}${known}${counted.length === 0 ? "" : ` (${counted.join(", ")})`}`;
}

function tableOf(sections: readonly DoctorSection[]): string[] {
  const rows = sections.flatMap(({ name, findings }) =>
    findings.map(({ level, code, subject, message, hint }) => [name, level, code, subject, message, hint]),
  );
  return rows.length === 0 ? [] : [table(["section", "level", "code", "what", "found", "next"], rows)];
}
