import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { contractFile } from "@oroboros/slot-contract/host";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { installedHostContract } from "./installed-host.ts";

test.each([
  ["", "it is no JSON object."],
  ["{", "it is no JSON object."],
  ["null", ""],
  ['{"slotCount":0}', ""],
])("a contract that says %j is refused with its name and what to type", (said, why) =>
  withTempDir(async (root) => {
    const path = contractFile({ root });
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, said);
    await expect(installedHostContract({ root })).rejects.toMatchObject({
      code: "invalid_contract",
      message: expect.stringContaining(`${path} is no contract: ${why}`),
      hint: expect.stringContaining(`rm ${path} && ./scripts/systemd-install-runtime.sh`),
    });
  }),
);
