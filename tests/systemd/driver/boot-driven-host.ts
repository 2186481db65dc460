import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { defineContract, releasesPath } from "@oroboros/slot-contract";
import { bootHost, type Host } from "../boot-host.ts";
import { CLONE } from "./a-driver.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const RUNNER = `${REPOSITORY}/dist/release/apps/step-runner.js`;

/** A host whose slots are driven: the release's own program for steps and backends, everything else a stand-in. */
export function bootDrivenHost({ pnpm }: { pnpm?: string } = {}): Promise<Host & AsyncDisposable> {
  const contract = defineContract();
  const release = `${releasesPath(contract)}/${"0".repeat(40)}`;
  const apps = `${release}/apps`;
  return bootHost({
    contract,
    files: {
      [`${apps}/step-runner.js`]: { text: readFileSync(RUNNER, "utf8"), mode: 0o644 },
      [`${apps}/package.json`]: { text: '{ "type": "module" }', mode: 0o644 },
      ...(pnpm !== undefined && { [`${release}/bin/pnpm`]: { text: pnpm, mode: 0o755 } }),
    },
    binds: [{ from: REPOSITORY, to: CLONE }],
  });
}
