import type { InstalledPackages } from "./live-publish.ts";
import { namesIn } from "./names-in.ts";
import type { PackagesPlan } from "./publish-plan.ts";
import { runCommands, runTries } from "./run-commands.ts";
import type { StepContext } from "./step-context.ts";

/** Installs a part's packages, or links to those an earlier publish of the run installed. Resolves to where they lie. */
export async function providePackages(step: StepContext, plan: PackagesPlan): Promise<InstalledPackages> {
  if (plan.kind === "link") {
    await runCommands(step, plan.commands);
    step.log.write({ event: "packages_linked", from: plan.from.worktree });
    return plan.from;
  }
  await runTries(step, plan.tries);
  const entries = await Promise.all(
    plan.look.map(async ({ dir, own }) => {
      const names = await namesIn(`${plan.worktree}/${dir}`);
      return { dir, names: names.filter((name) => !own.includes(name)) };
    }),
  );
  const installed = { worktree: plan.worktree, entries: entries.filter(({ names }) => names.length > 0) };
  step.log.write({ event: "packages_installed", ...installed });
  return installed;
}
