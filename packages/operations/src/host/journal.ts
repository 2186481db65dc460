import { plainText } from "@oroboros/host";
import { runHostProgram } from "./systemctl.ts";

const LINES = 5;

/** What a unit said last, each line with its name; nothing where there is no journal. */
export async function lastJournalLines(unit: string): Promise<string[]> {
  const { exitCode, stdout } = await runHostProgram([
    "journalctl",
    ...["--no-pager", "--quiet", "--output=cat", `--lines=${LINES}`, `--unit=${unit}`],
  ]);
  if (exitCode !== 0) return [];
  const lines = plainText(stdout).split("\n");
  return lines.filter((line) => line !== "").map((line) => `  ${unit}: ${line}`);
}
