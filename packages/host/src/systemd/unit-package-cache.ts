import { randomUUID } from "node:crypto";
import type { RuntimeContract } from "@oroboros/slot-contract";
import { commandPath, packagesJobFile, packagesLog, packagesUnit } from "@oroboros/slot-contract/host";
import type { PackageCache } from "../package-cache.ts";
import { readyPackageStores } from "../package-store.ts";
import { PNPM_VERSION, pnpmVersion } from "../slot/fill-packages.ts";
import { inTurn } from "../slot/in-turn.ts";
import type { PackagesJob } from "../slot/step-lines.ts";
import { runUnit } from "./run-unit.ts";
import { stepResultOf } from "./step-result.ts";
import { unitFailed } from "./systemctl.ts";

const FILL_TIMEOUT_MS = 1_800_000;
const REMOVE_TIMEOUT_MS = 150_000;

type Asked = PackagesJob extends infer Job ? (Job extends PackagesJob ? Omit<Job, "job_id"> : never) : never;

/** The package cache of a systemd host, which a unit of its own user fills. */
export function unitPackageCache(contract: RuntimeContract): PackageCache {
  const turn = inTurn();
  const run = async (asked: Asked, timeoutMs: number, signal?: AbortSignal): Promise<{ already: boolean }> => {
    const unit = packagesUnit(contract);
    const [jobFile, logFile] = [packagesJobFile(contract), packagesLog(contract)];
    const job = { ...asked, job_id: randomUUID() };
    const ended = await runUnit({ contract, unit, jobFile, logFile, job, timeoutMs, signal, enter: (task) => task() });
    const { exitCode } = stepResultOf({ ...ended, memoryMb: contract.slotLimits.memoryMb });
    if (exitCode !== 0) throw unitFailed(unit, `did not ${asked.command} the packages ${asked.key}`);
    return { already: ended.end.already === true };
  };
  return {
    pnpmVersion: () =>
      pnpmVersion({ argv: PNPM_VERSION_ARGV, env: { PATH: commandPath(contract), HOME: "/nonexistent" } }),
    fill: (key, lockfiles, signal) =>
      turn(async () => {
        const startedAt = performance.now();
        // Main's own store is the one that was used last, unless another one was filled since.
        const isNewest = readyPackageStores(contract)[0]?.key === key;
        const { already } = isNewest
          ? { already: true }
          : await run({ command: "fill", key, lockfiles }, FILL_TIMEOUT_MS, signal);
        return { already, isolated: true, durationMs: performance.now() - startedAt };
      }),
    remove: (key) => turn(async () => void (await run({ command: "remove", key }, REMOVE_TIMEOUT_MS))),
  };
}

const PNPM_VERSION_ARGV: [string, ...string[]] = [...PNPM_VERSION];
