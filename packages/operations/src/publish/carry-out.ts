import { faultPoint } from "@oroboros/host";
import type { InstalledPackages } from "./live-publish.ts";
import { providePackages } from "./provide-packages.ts";
import type { PublishWork } from "./publish-plan.ts";
import type { StepContext } from "./step-context.ts";
import { awaitReadiness } from "./steps/await-readiness.ts";
import { checkout } from "./steps/checkout.ts";
import { migrate } from "./steps/migrate.ts";
import { publishFrontend } from "./steps/publish-frontend.ts";
import { resetDatabaseStep } from "./steps/reset-database.ts";
import { restartBackend } from "./steps/restart-backend.ts";
import { smoke } from "./steps/smoke.ts";

/** Does one thing of a plan. Resolves to what an install has brought. */
export async function carryOut(context: StepContext, step: PublishWork): Promise<InstalledPackages | undefined> {
  switch (step.name) {
    case "checkout":
      await checkout(context, step);
      await faultPoint("publish.after_checkout");
      return undefined;
    case "database_reset":
      await resetDatabaseStep(context, step);
      await faultPoint("publish.after_reset");
      return undefined;
    case "frontend_publish": {
      const packages = await publishFrontend(context, step);
      await faultPoint("publish.after_frontend");
      return packages;
    }
    case "dependency_sync": {
      const packages = await providePackages(context, step.packages);
      await faultPoint("publish.after_install");
      return packages;
    }
    case "migration":
      await migrate(context, step);
      await faultPoint("publish.after_migrate");
      return undefined;
    case "backend_restart":
      await restartBackend(context, step);
      await faultPoint("publish.after_restart");
      return undefined;
    case "readiness":
      await awaitReadiness(context, step);
      await faultPoint("publish.after_readiness");
      return undefined;
    case "smoke":
      await smoke(context, step);
      await faultPoint("publish.after_smoke");
      return undefined;
    default:
      return step satisfies never;
  }
}
