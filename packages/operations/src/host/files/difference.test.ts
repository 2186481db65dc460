import { writeFile } from "node:fs/promises";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { difference } from "./difference.ts";

test("what differs is shown as a unified difference, and a password in an address is not", () =>
  withTempDir(async (directory) => {
    const path = `${directory}/api.env`;
    await writeFile(path, 'SAME="secret"\nURL="redis://me:hunter2@host/0"\n');
    const shown = await difference(path, 'SAME="secret"\nURL="redis://host/0"\n', 0);
    expect(shown.split("\n")).toEqual([
      `--- ${path}`,
      `+++ ${path} (rendered)`,
      "@@ -2 +2 @@",
      '-URL="redis://me:***@host/0"',
      '+URL="redis://host/0"',
      "",
    ]);
  }));
