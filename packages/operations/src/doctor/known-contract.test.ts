import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { currentPath, defineContract, type RuntimeContract } from "@oroboros/slot-contract";
import { contractFile } from "@oroboros/slot-contract/host";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { contractText } from "../render/render-infra.ts";
import { isReleased, knownContract } from "./known-contract.ts";

async function write(path: string, contract: RuntimeContract): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, contractText(contract));
}

test("a host whose contract has changed since its release is judged by what was installed", () =>
  withTempDir(async (root) => {
    const claimed = defineContract({ root });
    const [released, installed] = [3, 5].map((slotCount) => defineContract({ root, slotCount })) as [
      RuntimeContract,
      RuntimeContract,
    ];
    expect(await knownContract(claimed)).toEqual(claimed);
    await write(`${currentPath({ root })}/infra/contract.json`, released);
    expect(await knownContract(claimed)).toEqual(released);
    await write(contractFile({ root }), installed);
    expect(await knownContract(claimed)).toEqual(installed);
    expect([await isReleased(released), await isReleased(installed)]).toEqual([true, false]);
  }));
