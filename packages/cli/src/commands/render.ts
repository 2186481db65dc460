import { compareInfra, driftError, isDrifted, renderInfra, writeInfra } from "@oroboros/operations";
import type { CommandOutcome, RunCommand } from "../command.ts";
import { cloneOf, loadContract } from "../load-contract.ts";

export const render: RunCommand = async ({ input, world }) => {
  const clone = cloneOf(world);
  const directory = input.optionalText("out") ?? `${clone}/infra`;
  const files = renderInfra(await loadContract(clone));
  return input.flag("check") ? check(files, directory) : write(files, directory);
};

type Files = ReturnType<typeof renderInfra>;

async function check(files: Files, directory: string): Promise<CommandOutcome> {
  const drift = await compareInfra(files, directory);
  const fields = { directory, files: files.length, ...drift };
  if (isDrifted(drift)) return { ok: false, fields, error: driftError(drift, directory) };
  return { ok: true, fields, text: `${directory}: all ${files.length} files are what infra/contract.ts renders.` };
}

async function write(files: Files, directory: string): Promise<CommandOutcome> {
  const { written, removed, unchanged } = await writeInfra(files, directory);
  const fields = { directory, written, removed, unchanged };
  const changes = [...written.map((path) => `wrote    ${path}`), ...removed.map((path) => `removed  ${path}`)];
  const total = `${directory}: ${changes.length === 0 ? "already so" : `${changes.length} changed`}, ${unchanged} files as they were.`;
  return { ok: true, fields, text: [...changes, total].join("\n") };
}
