import type { JudgedText } from "../host/files/host-text.ts";
import type { InfraDrift } from "../render/compare-infra.ts";
import { wrong, worthKnowing, type DoctorFinding } from "./doctor-report.ts";

const INSTALL = "./scripts/systemd-install-runtime.sh";

/** What is installed, beside what the release has. Secrets and an operator's own variables are nobody's drift. */
export const judgeFiles = (texts: readonly JudgedText[]): DoctorFinding[] =>
  texts.flatMap(({ path, wanted, verdict }): DoctorFinding[] => {
    switch (verdict.kind) {
      case "same":
        return [];
      case "write": {
        const message =
          verdict.why === "new" ? `${path} is missing.` : `${path} is an older version of what the release has.`;
        return [
          wrong({
            code: verdict.why === "new" ? "file_missing" : "file_outdated",
            subject: path,
            message,
            hint: INSTALL,
          }),
        ];
      }
      case "remove":
        return [
          wrong({ code: "file_left_over", subject: path, message: `${path} is rendered no more.`, hint: INSTALL }),
        ];
      case "edited": {
        const message =
          wanted === undefined
            ? `${path} is rendered no more, and was changed by hand.`
            : `${path} was changed by hand.`;
        const hint = `See the difference: ${INSTALL} --dry-run; put back what is rendered: ${INSTALL} --replace`;
        return [wrong({ code: "file_edited", subject: path, message, hint })];
      }
      case "unsafe":
        return [wrong({ code: "file_unsafe", subject: path, message: `${verdict.problem}.`, hint: verdict.repair })];
      default:
        return verdict satisfies never;
    }
  });

/** The release carries what it was rendered to: where this program renders something else, it is another version than the release. */
export function judgeRelease({ missing, changed, left_over }: InfraDrift, directory: string): DoctorFinding[] {
  const files = [...missing, ...changed, ...left_over];
  const [first] = files;
  if (first === undefined) return [];
  const message = `${directory} is not what this program renders: ${first}${files.length === 1 ? "" : ` and ${files.length - 1} more`}.`;
  const hint = "Nothing is to be done where this is a newer clone: a deploy brings what it renders.";
  return [worthKnowing({ code: "release_differs", subject: directory, message, hint })];
}
