import { plainText } from "@oroboros/host";
import { showUnits } from "../health/show-units.ts";
import { runHostProgram } from "./systemctl.ts";

const LINES = 5;
const MAX_LENGTH = 400;

type ReadJournal = (...matches: readonly string[]) => Promise<string[]>;

/** What a unit has said last, each line with its name. */
export async function lastJournalLines(unit: string): Promise<string[]> {
  const shown = await showUnits([unit], ["InvocationID"]);
  const said = await linesOf(unit, shown?.get(unit)?.["InvocationID"] ?? "", lines);
  return said.map((line) => `  ${unit}: ${line.slice(0, MAX_LENGTH)}`);
}

/**
 * What its processes have said since it was started last. Where they have said nothing, as of a unit that systemd could not start, what
 * systemd says of it: what an earlier start said would be another story.
 */
export async function linesOf(unit: string, invocation: string, read: ReadJournal): Promise<string[]> {
  const own = invocation === "" ? [] : await read(`_SYSTEMD_UNIT=${unit}`, `_SYSTEMD_INVOCATION_ID=${invocation}`);
  return own.length > 0 ? own : read("_PID=1", `UNIT=${unit}`);
}

async function lines(...matches: readonly string[]): Promise<string[]> {
  const { exitCode, stdout } = await runHostProgram([
    "journalctl",
    ...["--no-pager", "--quiet", "--output=cat", `--lines=${LINES}`, ...matches],
  ]);
  return exitCode === 0
    ? plainText(stdout)
        .split("\n")
        .filter((line) => line !== "")
    : [];
}
