import { umask } from "node:process";
import { installHost, type InstallReport } from "@oroboros/operations";
import type { RunCommand } from "../command.ts";
import { cloneOf, loadContract } from "../load-contract.ts";
import { describe, plain } from "../table.ts";

export const hostInstall: RunCommand = async (context) => {
  const { input, world, progress } = context;
  const checkout = cloneOf(world);
  const dryRun = input.flag("dryRun");
  // What it makes is read by users that root's own umask may leave out; what is secret has a mode of its own.
  umask(0o022);
  const report = await installHost({
    contract: await loadContract(checkout),
    checkout,
    node: world.nodePath,
    pnpm: `${checkout}/.cache/bin/pnpm`,
    uid: world.user.uid,
    replace: input.flag("replace"),
    dryRun,
    clock: world.clock,
    onStage: progress,
  });
  return { ok: true, fields: { dry_run: dryRun, ...report }, text: textOf(report, { dryRun }) };
};

function textOf(report: InstallReport, { dryRun }: { dryRun: boolean }): string {
  const { commit_sha, release_id, plan, changed, to_restart, next } = report;
  const done =
    changed.length === 0 ? ["Already so: nothing was changed."] : changed.map((item) => `  - ${plain(item)}`);
  const list = dryRun ? plan.map((item) => `  - ${plain(item)}`) : done;
  const stays =
    release_id === commit_sha
      ? []
      : [`The current release stays ${release_id}: what ${commit_sha} changes in programs comes with a deploy.`];
  const restart =
    to_restart.length === 0
      ? []
      : [`Running with what was there before, until the next line is typed: ${to_restart.join(" ")}`];
  return [describe({ commit_sha, release_id }), ...list, ...stays, ...restart, `Next: ${next}`].join("\n");
}
