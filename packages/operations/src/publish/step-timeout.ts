import type { StepRequest } from "@oroboros/slot-contract";
import type { PackagesPlan, PublishWork } from "./publish-plan.ts";

/** For what a step does besides its commands: each of those has a limit of its own, at which the supervisor kills it. */
const OWN_MS = 60_000;
const DATABASE_MS = 600_000;
const SURFACE_MS = 300_000;

/** How long a step may take; it is told to end then, whatever it waits for. */
export function stepTimeoutMs(step: PublishWork): number {
  switch (step.name) {
    case "checkout":
      return OWN_MS + commandsMs(step.commands);
    case "database_reset":
      return DATABASE_MS;
    case "migration":
      return DATABASE_MS + (step.work.kind === "command" ? step.work.command.timeout_ms : 0);
    case "frontend_publish":
      return SURFACE_MS + packagesMs(step.packages) + step.build.timeout_ms;
    case "dependency_sync":
      return OWN_MS + packagesMs(step.packages);
    case "readiness":
      // The backend's gate, and the one of the way that a visitor takes.
      return OWN_MS + 2 * step.deadlineMs;
    case "backend_restart":
    case "smoke":
      return OWN_MS;
    default:
      return step satisfies never;
  }
}

const packagesMs = (plan: PackagesPlan): number => commandsMs(plan.kind === "install" ? plan.tries : plan.commands);

const commandsMs = (commands: readonly StepRequest[]): number =>
  commands.reduce((sum, { timeout_ms: ms }) => sum + ms, 0);
