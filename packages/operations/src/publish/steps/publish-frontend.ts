import { allowPause } from "@oroboros/control-store";
import { faultPoint, isOwnDirectory, makeDirectory, removeTree, syncSurface, writeFileAtomic } from "@oroboros/host";
import { slotSurfaces, SURFACE_MARKER } from "@oroboros/slot-contract";
import type { InstalledPackages } from "../live-publish.ts";
import { providePackages } from "../provide-packages.ts";
import type { StepOf } from "../publish-plan.ts";
import { runCommands } from "../run-commands.ts";
import { underLease, type StepContext } from "../step-context.ts";

const MAX_SURFACE_BYTES = 512 * 1024 * 1024;
const MAX_SURFACE_FILES = 50_000;
/** A slow disk takes this long for the largest of them. */
const MAX_SYNC_SECONDS = 120;

/** Builds the frontend and puts the result beside the live surface; nothing is switched yet. */
export async function publishFrontend(step: StepContext, plan: StepOf<"frontend_publish">): Promise<InstalledPackages> {
  step.log.write({
    event: "frontend_publish",
    vite_api_base_url: plan.viteApiBaseUrl,
    slot_backend_url: plan.slotBackendUrl,
  });
  const packages = await providePackages(step, plan.packages);
  await runCommands(step, [plan.build]);
  await faultPoint("publish.before_surface");
  // A worker that took this publish over makes the very same directory, and it may be live by now.
  await underLease(step, async (tx) => {
    await allowPause(tx, MAX_SYNC_SECONDS);
    await makeSurface(step, plan);
  });
  return packages;
}

async function makeSurface(step: StepContext, plan: StepOf<"frontend_publish">): Promise<void> {
  // A worker that was killed may have left half of it.
  if (isOwnDirectory(plan.surface)) await removeTree(plan.surface);
  // The surface's user reads what the worker writes.
  makeDirectory(slotSurfaces(step.context.contract, step.lease.slotId), { mode: 0o755 });
  const synced = await syncSurface({
    from: plan.dist,
    to: plan.surface,
    pool: plan.pool,
    previous: plan.previous ?? undefined,
    limits: { maxBytes: MAX_SURFACE_BYTES, maxFiles: MAX_SURFACE_FILES },
  });
  await writeFileAtomic(`${plan.surface}/${SURFACE_MARKER}`, JSON.stringify({ commit_sha: plan.commitSha }), {
    mode: 0o644,
  });
  step.log.write({ event: "surface_synced", ...synced });
}
