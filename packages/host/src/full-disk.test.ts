import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canMount, onSmallDisk } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { openCappedLog } from "./capped-log.ts";

const KIB = 1024;

test.skipIf(!canMount)("a capped log on a full disk drops what does not fit, and says so once there is room", () =>
  onSmallDisk(64 * KIB, async (directory) => {
    const errors: unknown[] = [];
    const path = join(directory, "log");
    const log = openCappedLog(path, 1024 * KIB, (error) => errors.push(error));
    const filler = join(directory, "filler");
    await expect(writeFile(filler, Buffer.alloc(65 * KIB))).rejects.toMatchObject({ code: "ENOSPC" });
    log.write(Buffer.from("lost\n"));
    log.write(Buffer.from("lost too\n"));
    await rm(filler);
    log.write(Buffer.from("kept\n"));
    log.close();
    expect(await readFile(path, "utf8")).toBe("\n--- 14 bytes could not be written ---\nkept\n");
    expect(errors).toEqual([expect.objectContaining({ code: "ENOSPC" })]);
  }),
);

test("an append log that can not be written ends its process at no time, and says so when it is closed", () => {
  const source = `import { openAppendLog } from ${JSON.stringify(new URL("append-log.ts", import.meta.url).href)};
    const log = await openAppendLog("/dev/full", { maxBytes: 100 });
    log.write("one\\n");
    log.write("two\\n");
    // Once nothing is left to do, both have failed.
    process.once("beforeExit", () => log.close().catch((error) => console.log(error.code)));`;
  const argv = ["--conditions=oroboros-source", "--input-type=module", "-e", source];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", timeout: 60_000 });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "ENOSPC\n", stderr: "" });
});
