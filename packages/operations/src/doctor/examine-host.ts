import { OperatorError } from "@oroboros/slot-contract";
import { wrong, type DoctorSection, type Looked } from "./doctor-report.ts";
import { knownContract } from "./known-contract.ts";
import { SECTIONS, type Patient, type SectionSpec } from "./sections.ts";

/**
 * Looks at everything on this host that an installation consists of, one section after the other, and changes nothing. What can not be
 * looked at is a finding of its section, and keeps no other one from being looked at.
 *
 * @param more sections that need more than a host to look at.
 */
export async function examineHost(patient: Patient, more: readonly SectionSpec[] = []): Promise<DoctorSection[]> {
  const isHost = patient.topology.manager === "systemd";
  const known = isHost ? { ...patient, contract: await knownContract(patient.contract) } : patient;
  const sections: DoctorSection[] = [];
  for (const spec of [...SECTIONS, ...more]) sections.push(await examine(spec, known));
  return sections;
}

async function examine({ name, skips, look }: SectionSpec, patient: Patient): Promise<DoctorSection> {
  const skipped = skips?.(patient) ?? null;
  if (skipped !== null) return { name, ok: true, skipped, seen: {}, findings: [] };
  const looked = await look(patient).catch((error: unknown) => unexamined(name, error));
  return { name, ok: looked.findings.every(({ level }) => level === "warning"), skipped: null, ...looked };
}

function unexamined(name: string, error: unknown): Looked {
  const message = error instanceof Error ? error.message : String(error);
  const hint = error instanceof OperatorError ? error.hint : "Run it as root on the host itself.";
  const code = error instanceof OperatorError ? error.code : "not_examined";
  return { seen: {}, findings: [wrong({ code, subject: name, message, hint })] };
}
