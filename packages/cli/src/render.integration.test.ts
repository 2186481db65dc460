import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTempDir } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { loadContract } from "./load-contract.ts";
import { oneObject, runHere } from "./testing/run-here.ts";
import { runProcess } from "./testing/run-process.ts";

const REPOSITORY = join(import.meta.dirname, "../../..");
const AUTHORED = readFileSync(`${REPOSITORY}/infra/contract.ts`, "utf8");

const inClone = (contract: string, act: (clone: string) => Promise<void>): Promise<void> =>
  withTempDir(async (clone) => {
    mkdirSync(`${clone}/infra`);
    writeFileSync(`${clone}/infra/contract.ts`, contract);
    await act(clone);
  });

const render = (clone: string, ...options: string[]): ReturnType<typeof runHere> =>
  runHere(["render", ...options], { OROBOROS_CHECKOUT: clone });

test("the committed infra/ is what infra/contract.ts renders", async () => {
  const { exitCode, stdout } = await render(REPOSITORY, "--check");
  expect(oneObject(stdout)).toMatchObject({ ok: true, missing: [], changed: [], left_over: [] });
  expect(exitCode).toBe(0);
});

test.each([
  ["the number of slots", "slotCount: 3", "slotCount: 12"],
  ["the domain", 'domain: "example.com"', 'domain: "preview.example.org"'],
])("changing %s is an edit of one line", async (_what, from, to) => {
  const edited = AUTHORED.replace(from, to);
  expect(edited).not.toBe(AUTHORED);
  await inClone(edited, async (clone) => {
    expect((await render(clone, "--check")).exitCode).toBe(4);
    expect(oneObject((await render(clone)).stdout)).toMatchObject({ ok: true, removed: [], unchanged: 0 });
    expect((await render(clone, "--check")).exitCode).toBe(0);
    expect(oneObject((await render(clone)).stdout)).toMatchObject({ ok: true, written: [] });
    expect(readFileSync(`${clone}/infra/contract.json`, "utf8")).toContain(to.split(": ")[1]);
  });
});

test("with fewer slots, what only the others had goes, down to its directories", async () => {
  await inClone("export const contract = { slotCount: 4 };", async (four) => {
    await inClone("export const contract = { slotCount: 2 };", async (two) => {
      const out = ["--out", `${four}/infra`];
      await render(four);
      const { removed } = oneObject((await render(two, ...out)).stdout) as { removed: string[] };
      expect(removed.length).toBeGreaterThan(0);
      expect(removed.filter((path) => !/preview[34]/.test(path))).toEqual([]);
      const names = readdirSync(`${four}/infra`, { recursive: true, encoding: "utf8" });
      expect(names.filter((name) => /preview[34]/.test(name))).toEqual([]);
      expect((await render(two, "--check", ...out)).exitCode).toBe(0);
    });
  });
});

test("--out writes to another directory and leaves the clone's as it is", async () => {
  await inClone(AUTHORED, async (clone) => {
    expect((await render(clone, "--out", `${clone}/elsewhere`)).exitCode).toBe(0);
    expect((await render(clone, "--check", "--out", `${clone}/elsewhere`)).exitCode).toBe(0);
    expect((await render(clone, "--check")).exitCode).toBe(4);
  });
});

describe("a contract that is wrong is refused with its file's name", () => {
  test.each([
    ["throws", 'throw new Error("no luck");', "no luck"],
    ["is no TypeScript", "export const = {", "It can not be read"],
    ["exports nothing of that name", "export const other = {};", "exports no `contract`"],
    ["exports no object", 'export const contract = "three";', "the contract: "],
    ["has another field", "export const contract = { slots: 3 };", 'Unrecognized key: "slots"'],
    ["breaks a rule", "export const contract = { slotCount: 0 };", "slotCount: must be"],
  ])("one that %s", async (_what, text, problem) => {
    await inClone(text, async (clone) => {
      const { exitCode, stdout } = await render(clone);
      const { error } = oneObject(stdout) as { error: { code: string; message: string } };
      expect(error.code).toBe("invalid_contract");
      expect(error.message).toContain(`${clone}/infra/contract.ts: `);
      expect(error.message).toContain(problem);
      expect(exitCode).toBe(2);
    });
  });

  test("one that is not there", async () => {
    await withTempDir(async (clone) => {
      await expect(loadContract(clone)).rejects.toMatchObject({ code: "invalid_contract" });
    });
  });
});

test("without a clone it says where it works", async () => {
  expect(oneObject((await runHere(["render"])).stdout)).toMatchObject({ error: { code: "not_installed" } });
});

test("a clone may lie below any directory", async () => {
  await withTempDir(async (directory) => {
    const clone = `${directory}/100%25 of #1? ü`;
    mkdirSync(`${clone}/infra`, { recursive: true });
    writeFileSync(`${clone}/infra/contract.ts`, AUTHORED);
    // Node's own loader reads the file, not the test runner's.
    const { exitCode, stdout } = await runProcess(["render", "--json"], { OROBOROS_CHECKOUT: clone });
    expect({ exitCode, ...oneObject(stdout) }).toMatchObject({ exitCode: 0, ok: true, directory: `${clone}/infra` });
  });
});
