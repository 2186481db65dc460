import {
  childEnvironment,
  isPackageStoreKey,
  packageStoreDirectory,
  removeTree,
  systemClock,
  touchPackageStore,
} from "@oroboros/host";
import { fillPackageStore, type PackageFiller, type PackagesJob, prunePackageStores } from "@oroboros/host/slot-driver";
import { commandPath, packagesJobFile } from "@oroboros/slot-contract/host";
import { environment, host } from "./env.ts";
import { readJob } from "./read-job.ts";
import { say } from "./say.ts";

const MAX_JOB_BYTES = 64 * 1024 * 1024;

/** Fills or removes a store of main's packages. */
export async function packages(): Promise<number> {
  const job = await readJob(packagesJobFile(host), { isJob: isPackagesJob, maxBytes: MAX_JOB_BYTES });
  say({ job_id: job.job_id });
  if (job.command === "remove") {
    await removeTree(packageStoreDirectory(host, job.key));
    return 0;
  }
  const stopping = new AbortController();
  process.on("SIGTERM", () => stopping.abort());
  const already = touchPackageStore(host, job.key, systemClock.today());
  if (!already) await fillPackageStore(filler, job, stopping.signal);
  await prunePackageStores(host);
  say({ already });
  return 0;
}

/** The unit's own user fills, and the unit ends whatever is left. */
const filler: PackageFiller = {
  contract: host,
  owner: undefined,
  asFiller: ([program = "", ...args]) => [program, ...args],
  environment: (home) =>
    childEnvironment({
      source: environment,
      declared: { CI: "true", NO_COLOR: "1" },
      home,
      path: commandPath(host),
      packages: true,
    }),
  endAll: async () => undefined,
};

function isPackagesJob(value: object): value is PackagesJob {
  const { job_id, key, command, lockfiles } = value as Record<string, unknown>;
  const isKey = typeof key === "string" && isPackageStoreKey(key);
  return (
    typeof job_id === "string" && isKey && (command === "remove" || (command === "fill" && Array.isArray(lockfiles)))
  );
}
