import { plainText } from "@oroboros/host";
import { runHostProgram } from "./systemctl.ts";

const LINES = 5;
const MAX_LENGTH = 400;

/** What a unit's processes said last, each line with its name; where they said nothing, what systemd said of it. */
export async function lastJournalLines(unit: string): Promise<string[]> {
  const own = await lines(`_SYSTEMD_UNIT=${unit}`);
  const said = own.length > 0 ? own : await lines(`--unit=${unit}`);
  return said.map((line) => `  ${unit}: ${line.slice(0, MAX_LENGTH)}`);
}

async function lines(match: string): Promise<string[]> {
  const { exitCode, stdout } = await runHostProgram([
    "journalctl",
    ...["--no-pager", "--quiet", "--output=cat", `--lines=${LINES}`, match],
  ]);
  return exitCode === 0
    ? plainText(stdout)
        .split("\n")
        .filter((line) => line !== "")
    : [];
}
