import { MAX_SLOTS, parseSlotId } from "@oroboros/slot-contract";
import manifest from "../package.json" with { type: "json" };
import { COMMANDS, NOUNS } from "./command-table.ts";
import type { CommandOutcome, Fields } from "./command.ts";
import { ownRelease } from "./own-release.ts";
import { namedCommand, parseCommandLine } from "./parse-command-line.ts";
import { startProgress } from "./progress.ts";
import { operatorErrorOf } from "./report-error.ts";
import { printOutcome, printText, type Style } from "./print-outcome.ts";
import type { World } from "./world.ts";

/** Runs one command line and resolves to its exit code. Whatever happens is reported; this never rejects. */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  const spec = namedCommand(argv, COMMANDS);
  const isText = world.stdout.isTerminal && !argv.includes("--json") && spec?.report !== "backend";
  const style: Style = { isText, hasColour: isText && (world.environment["NO_COLOR"] ?? "") === "" };
  let command = spec?.name ?? "oroboros";
  const told = spec?.report === "backend" ? spec.name.split(" ")[1] : undefined;
  const progress = startProgress(command, { world, isShown: isText });
  try {
    const line = parseCommandLine(argv, { commands: COMMANDS, nouns: NOUNS, version: manifest.version });
    if (line.kind === "help") return printOutcome("help", helpOutcome(line.text), { world, style });
    if (line.kind === "version") return printOutcome("version", await versionOutcome(line.version), { world, style });
    command = line.spec.name;
    const run = await line.spec.load();
    const print = (text: string): void => {
      if (!isText) return;
      progress.clear();
      printText(text, { world, style });
    };
    const outcome = await run({ input: line.input, world, progress: progress.tell, print });
    progress.end();
    return printOutcome(command, outcome, { world, style, told });
  } catch (error) {
    progress.end();
    const fields = spec?.report === "backend" ? backendFields(argv, operatorErrorOf(error).code) : {};
    return printOutcome(command, { ok: false, fields, error: reported(error, world) }, { world, style, told });
  } finally {
    progress.end();
  }
}

function helpOutcome(text: string): CommandOutcome {
  return { ok: true, fields: { help: text }, text: text.trimEnd() };
}

async function versionOutcome(version: string): Promise<CommandOutcome> {
  const release = await ownRelease();
  if (release === undefined) return { ok: true, fields: { version }, text: `oroboros ${version}` };
  return { ok: true, fields: { version, release_id: release }, text: `oroboros ${version}, release ${release}` };
}

function reported(error: unknown, world: World): ReturnType<typeof operatorErrorOf> {
  if (world.environment["OROBOROS_DEBUG"] === "1" && error instanceof Error)
    world.stderr.write(`${error.stack ?? error.message}\n`);
  return operatorErrorOf(error);
}

/** The documents' fields of a failed backend command, which also says which slot and why. */
function backendFields(argv: readonly string[], reason: string): Fields {
  const slot =
    argv.find((_, index) => argv[index - 1] === "--slot") ?? argv.find((word) => word.startsWith("--slot="))?.slice(7);
  return { slot_id: canonical(slot ?? ""), reason };
}

function canonical(slot: string): string {
  try {
    return parseSlotId({ slotCount: MAX_SLOTS }, slot);
  } catch {
    return slot;
  }
}
