import { readdir, readFile, writeFile } from "node:fs/promises";
import { withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { installProgram } from "./install-tree.ts";

test("what copies that were killed have left beside a program is removed, and nothing else", () =>
  withTempDir(async (root) => {
    await writeFile(`${root}/from`, "program");
    const kept = [".node.0123456789abcdef", ".node.conf", ".pnpm.0123456789ab", "from"];
    for (const name of [...kept, ".node.0123456789ab", ".node.ba9876543210"]) await writeFile(`${root}/${name}`, "");
    await writeFile(`${root}/from`, "program");
    await installProgram(`${root}/from`, `${root}/node`);
    expect((await readdir(root)).toSorted()).toEqual([...kept, "node"].toSorted());
    expect(await readFile(`${root}/node`, "utf8")).toBe("program");
    // Also of a copy that was killed beside another that was not.
    await writeFile(`${root}/.node.0123456789ab`, "");
    await installProgram(`${root}/from`, `${root}/node`);
    expect(await readdir(root)).not.toContain(".node.0123456789ab");
  }));
