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
      return undefined;
    case "database_reset":
      await resetDatabaseStep(context, step);
      return undefined;
    case "frontend_publish":
      return publishFrontend(context, step);
    case "dependency_sync":
      return providePackages(context, step.packages);
    case "migration":
      await migrate(context, step);
      return undefined;
    case "backend_restart":
      await restartBackend(context, step);
      return undefined;
    case "readiness":
      await awaitReadiness(context, step);
      return undefined;
    case "smoke":
      await smoke(context, step);
      return undefined;
    default:
      return step satisfies never;
  }
}
