import { setAccess } from "@oroboros/host";
import { pointCurrentAt } from "../release/point-current-at.ts";
import { stageHostRelease } from "../release/stage-host-release.ts";
import { applyText } from "./apply-text.ts";
import type { HostSecrets } from "./host-secrets.ts";
import { initializeHostRepository } from "./initialize-host-repository.ts";
import type { InstallRequest } from "./install-request.ts";
import { describeStep, type InstallStep } from "./install-step.ts";
import { makeDirectories } from "./make-directories.ts";
import { readyPostgres } from "./postgres/ready-postgres.ts";
import { provisionDatabases, provisionTokens } from "./provision-host.ts";
import { readyRedis } from "./ready-redis.ts";
import { requireHostProgram, systemctl } from "./systemctl.ts";

/** What sets them at boot; it is on nobody's PATH. */
const SYSCTL = "/lib/systemd/systemd-sysctl";
const ROOT = { uid: 0, gid: 0 };

/** Carries one step out; returns what it has changed. */
export async function applyStep(step: InstallStep, request: InstallRequest, secrets: HostSecrets): Promise<string[]> {
  if (step.do === "postgres") return readyPostgres(request.clock, step);
  if (step.do === "database") return provisionDatabases(request.contract, secrets, step);
  if (step.do === "redis") return readyRedis(request.clock);
  if (step.do === "tokens") return provisionTokens(request.contract);
  await changeHost(step, request);
  return [describeStep(step)];
}

type Change = Exclude<InstallStep, { do: "postgres" | "database" | "redis" | "tokens" }>;

async function changeHost(step: Change, { contract, checkout, node, pnpm, clock }: InstallRequest): Promise<unknown> {
  switch (step.do) {
    case "write":
    case "remove":
      return applyText(step);
    case "secure":
      return setAccess(step.path, { mode: step.mode, owner: ROOT });
    case "accounts":
      return requireHostProgram(["systemd-sysusers", step.file]);
    case "directories":
      return makeDirectories(contract, step.file);
    case "release":
      await stageHostRelease({ contract, commit: step.commit, checkout, node, pnpm, clock });
      return pointCurrentAt(contract, step.commit);
    case "repository":
      return initializeHostRepository(contract, { checkout, commit: step.commit });
    case "kernel":
      return requireHostProgram([SYSCTL, step.file]);
    case "reload_manager":
      return systemctl("daemon-reload");
    case "mask":
      return systemctl("mask", "--now", "--quiet", ...step.units);
    case "enable":
      return systemctl("enable", "--quiet", ...step.units);
    case "stop":
    case "reload":
      return systemctl(step.do, ...step.units);
    default:
      return step satisfies never;
  }
}
