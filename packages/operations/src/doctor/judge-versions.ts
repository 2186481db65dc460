import { compareVersions } from "./compare-versions.ts";
import { worthKnowing, wrong, type DoctorFinding } from "./doctor-report.ts";
import { KNOWN_HOLES, KNOWN_ON, OLDEST } from "./known-holes.ts";
import type { Versions } from "./observe-versions.ts";

export const judgeVersions = (versions: Versions): DoctorFinding[] =>
  Object.entries(versions).flatMap(([program, version]) =>
    version === null ? [missing(program)] : [...tooOld(program, version), ...holes(program, version)],
  );

function missing(program: string): DoctorFinding {
  const isOurs = program === "node" || program === "pnpm";
  return wrong({
    code: "program_missing",
    subject: program,
    message: isOurs ? `The release has no ${program}.` : `${program} is not installed as a package.`,
    hint: isOurs ? "./scripts/systemd-install-runtime.sh" : `apt-get install --yes ${program}`,
  });
}

function tooOld(program: string, version: string): DoctorFinding[] {
  const oldest = OLDEST[program];
  if (oldest === undefined || compareVersions(version, oldest.version) >= 0) return [];
  const message = `${program} ${version} is older than ${oldest.version}: ${oldest.why}.`;
  return [
    wrong({
      code: "version_unsupported",
      subject: program,
      message,
      hint: `Install ${program} ${oldest.version} or later.`,
    }),
  ];
}

function holes(program: string, version: string): DoctorFinding[] {
  return KNOWN_HOLES.filter(
    (known) =>
      known.program === program &&
      (known.branch === undefined || version.startsWith(known.branch)) &&
      compareVersions(version, known.soundFrom) < 0,
  ).map(({ hole, soundFrom, source, hint }) =>
    worthKnowing({
      code: "version_vulnerable",
      subject: program,
      message: `${program} ${version}: ${hole}; closed in ${soundFrom} (as known on ${KNOWN_ON}, ${source}).`,
      hint,
    }),
  );
}
