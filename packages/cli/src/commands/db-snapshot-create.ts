import { listDirectory, readTextFile } from "@oroboros/host";
import { hostActor, snapshotSlot, snapshotUrl, type SnapshotCreated, type SnapshotPlan } from "@oroboros/operations";
import { OperatorError } from "@oroboros/slot-contract";
import { helpOf } from "../bad-value.ts";
import { optionalRunId, parseSlot, parseSnapshotVersion, type CommandInput } from "../command-input.ts";
import type { CommandContext, CommandOutcome, RunCommand } from "../command.ts";
import { describe, describeWithList } from "../table.ts";
import { withInterruptible } from "../with-operations.ts";

const COMMAND = "db snapshot create";
/** Where Debian keeps the client programs of each version; a line of PATH may have but one of them. */
const PACKAGED = "/usr/lib/postgresql";
const OF_URL = ["mask", "passwordFile"];
const OF_SLOT = ["runId"];

export const dbSnapshotCreate: RunCommand = async (context) => {
  const { input } = context;
  const isOfSlot = input.optionalText("fromSlot") !== undefined;
  if (isOfSlot === (input.optionalText("fromUrl") !== undefined))
    throw wrongOptions("Give one of --from-slot and --from-url: what the snapshot is taken of.");
  const foreign = (isOfSlot ? OF_URL : OF_SLOT).find((name) => input.optionalText(name) !== undefined);
  if (foreign !== undefined) {
    const flag = foreign.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw wrongOptions(`--${flag} does not go with ${isOfSlot ? "--from-slot" : "--from-url"}.`);
  }
  return outcomeOf(await (isOfSlot ? ofSlot(context) : ofUrl(context)));
};

const wrongOptions = (problem: string): OperatorError =>
  new OperatorError("invalid_request", problem, { hint: helpOf(COMMAND) });

const common = ({ input, world }: CommandContext) => ({
  version: parseSnapshotVersion(input.text("version"), "--version"),
  actor: hostActor(world.user.uid),
  dryRun: input.flag("dryRun"),
});

function ofSlot(context: CommandContext): Promise<SnapshotCreated | SnapshotPlan> {
  const { input } = context;
  const request = { ...common(context), runId: optionalRunId(input), force: input.flag("force") };
  return withInterruptible(context, (operations) => {
    const slot = parseSlot(operations.contract, { ...input, text: () => input.text("fromSlot") }, "--from-slot");
    const onClose = (): void => context.progress(`${slot}'s database lets nobody in while it is copied.`, "everybody");
    return snapshotSlot(operations, { ...request, slot, onClose });
  });
}

async function ofUrl(context: CommandContext): Promise<SnapshotCreated | SnapshotPlan> {
  const { input } = context;
  const [maskFile, mask] = await fileOf(input, "mask", "--mask");
  const [, password = ""] = await fileOf(input, "passwordFile", "--password-file");
  const request = {
    ...common(context),
    url: input.text("fromUrl"),
    // A line's end is how an editor leaves a file, and no part of a password.
    password: password.replace(/\r?\n$/, ""),
    mask: maskFile === undefined || mask === undefined ? undefined : { name: maskFile, sql: mask },
    toolDirectories: await toolDirectories(context),
  };
  return withInterruptible(context, (operations) => snapshotUrl(operations, request));
}

/** The name of a file and what is in it; neither where the option was not given. @throws OperatorError `path_not_found`. */
async function fileOf(input: CommandInput, name: string, flag: string): Promise<[] | [string, string]> {
  const path = input.optionalText(name);
  if (path === undefined) return [];
  const text = await readTextFile(path);
  if (text !== undefined) return [path, text];
  throw new OperatorError("path_not_found", `There is no file ${path} for ${flag}.`, { hint: helpOf(COMMAND) });
}

async function toolDirectories({ world }: CommandContext): Promise<string[]> {
  const versions = await listDirectory(PACKAGED).catch(() => []);
  const inPath = (world.environment["PATH"] ?? "").split(":").filter((directory) => directory.startsWith("/"));
  return [...versions.map((version) => `${PACKAGED}/${version}/bin`), ...inPath];
}

function outcomeOf(report: SnapshotCreated | SnapshotPlan): CommandOutcome {
  if ("plan" in report) return { ok: true, fields: report, text: describeWithList(report, report.plan) };
  const note = report.created ? "" : "\nIt was made before, with this very content: nothing was changed.";
  return { ok: true, fields: report, text: `${describe(report)}${note}` };
}
