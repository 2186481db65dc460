import { OperatorError } from "@oroboros/slot-contract";
import { wrong, type DoctorSection, type Looked } from "./doctor-report.ts";
import { knownContract } from "./known-contract.ts";
import type { Patient, SectionSpec } from "./section-spec.ts";
import { SECTIONS } from "./sections.ts";

/**
 * Looks at everything on this host that an installation consists of, one section after the other, and changes nothing. What can not be
 * looked at is a finding of its section, and keeps no other one from being looked at.
 *
 * @param more sections that need more than a host to look at.
 */
export async function examineHost(patient: Patient, more: readonly SectionSpec[] = []): Promise<DoctorSection[]> {
  const isHost = patient.topology.manager === "systemd";
  const known = isHost ? await withKnownContract(patient) : patient;
  const sections: DoctorSection[] = judgeSettings(known);
  for (const spec of [...SECTIONS, ...more]) sections.push(await examine(spec, known));
  return sections;
}

async function withKnownContract(patient: Patient): Promise<Patient> {
  try {
    return { ...patient, contract: await knownContract(patient.contract) };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { ...patient, problems: [...(patient.problems ?? []), error] };
  }
}

/** What everything else was looked at without. */
function judgeSettings({ problems = [] }: Patient): DoctorSection[] {
  if (problems.length === 0) return [];
  const findings = problems.map(({ code, message, hint }) => wrong({ code, subject: "settings", message, hint }));
  return [{ name: "settings", ok: false, skipped: null, seen: {}, findings }];
}

async function examine({ name, skips, look }: SectionSpec, patient: Patient): Promise<DoctorSection> {
  const skipped = skips?.(patient) ?? null;
  if (skipped !== null) return { name, ok: true, skipped, seen: {}, findings: [] };
  const looked = await look(patient).catch((error: unknown) => unexamined(name, error));
  return { name, ok: looked.findings.every(({ level }) => level === "warning"), skipped: null, ...looked };
}

function unexamined(name: string, error: unknown): Looked {
  const message = error instanceof Error ? error.message : String(error);
  const hint =
    error instanceof OperatorError
      ? error.hint
      : "Look at what the message names; what only root may read is looked at as root.";
  const code = error instanceof OperatorError ? error.code : "not_examined";
  return { seen: {}, findings: [wrong({ code, subject: name, message, hint })] };
}
