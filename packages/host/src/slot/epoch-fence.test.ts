import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LeaseEpoch, SlotId } from "@oroboros/slot-contract";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeTree } from "../remove-tree.ts";
import { openEpochFence, type EpochFence } from "./epoch-fence.ts";

const slot = "preview-1" as SlotId;
const epoch = (number: number): LeaseEpoch => String(number) as LeaseEpoch;
const STALE = { code: "stale_lease" };

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "oroboros-fence-"));
  file = join(directory, slot);
});
afterEach(() => removeTree(directory));

const aFence = (): Promise<EpochFence> => openEpochFence({ slot, file });

test("a fence that is opened again refuses whom the one before would have refused", async () => {
  const before = await aFence();
  expect(await before.present(epoch(9))).toBe(true);
  expect(await before.present(epoch(10))).toBe(true);
  const after = await aFence();
  await expect(after.present(epoch(9))).rejects.toMatchObject(STALE);
  expect(await after.present(epoch(10))).toBe(false);
  expect(await after.present(epoch(11))).toBe(true);
});

test("an epoch is kept before anybody who presented it may go on", async () => {
  const fence = await aFence();
  const presented = [5, 5, 7].map(async (number) => {
    await fence.present(epoch(number));
    return Number(await readFile(file, "utf8")) >= number;
  });
  expect(await Promise.all(presented)).toEqual([true, true, true]);
  expect(() => fence.check(epoch(5))).toThrow(expect.objectContaining(STALE));
  expect(await readFile(file, "utf8")).toBe("7\n");
});

test("an epoch that can not be kept is not obeyed, and is new still once it can be", async () => {
  const missing = join(directory, "missing");
  const fence = await openEpochFence({ slot, file: join(missing, slot) });
  await expect(fence.present(epoch(3))).rejects.toMatchObject({ code: "ENOENT" });
  await expect(fence.present(epoch(2))).rejects.toMatchObject(STALE);
  await mkdir(missing);
  expect(await fence.present(epoch(3))).toBe(true);
});

test("a file that says something else is an operator's to look at", async () => {
  await writeFile(file, "");
  await expect(aFence()).rejects.toMatchObject({ code: "not_installed", message: expect.stringContaining(file) });
});
