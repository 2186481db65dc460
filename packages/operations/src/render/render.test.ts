import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { defineContract } from "@oroboros/slot-contract";
import { GENERATED_LINE, type GeneratedFile } from "@oroboros/slot-contract/host";
import { withTempDir } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { compareInfra, isDrifted, RENDERED_DIRECTORIES } from "./compare-infra.ts";
import { driftError } from "./drift-error.ts";
import { contractText, renderInfra } from "./render-infra.ts";
import { writeInfra } from "./write-infra.ts";

const file = (path: string, text: string): GeneratedFile => ({ path, text, kind: "file", installed: null });
const unit = (name: string): GeneratedFile => file(`systemd/${name}`, `# ${GENERATED_LINE}\n[Unit]\n`);
const FILES = [unit("a.service"), unit("b.service"), file("contract.json", "{}\n")];

const inInfra = (act: (infra: string) => Promise<void>): Promise<void> =>
  withTempDir(async (directory) => {
    await writeInfra(FILES, directory);
    await act(directory);
  });

describe("what a contract renders", () => {
  test("carries the contract itself, sorted by path, and no path twice", () => {
    const paths = renderInfra(defineContract()).map(({ path }) => path);
    expect(paths).toContain("contract.json");
    expect(paths).toEqual([...new Set(paths)].toSorted());
  });

  test("begins with the line that tells a generated file from one of its author's", () => {
    const strange = renderInfra(defineContract()).filter(
      ({ path, text }) =>
        path !== "contract.json" && !text.split("\n", 2).some((line) => line.includes(GENERATED_LINE)),
    );
    expect(strange.map(({ path }) => path)).toEqual([]);
  });

  test("lies in directories that are looked through for what is rendered no more", () => {
    const directories = renderInfra(defineContract()).flatMap(({ path }) => path.split("/").slice(0, -1).slice(0, 1));
    expect([...new Set(directories)].toSorted()).toEqual(RENDERED_DIRECTORIES);
  });

  test("is another text for every other contract, and one text for one contract however it is spelled", () => {
    const one = defineContract({ slotCount: 2, domain: "a.example.org" });
    const same = defineContract({ domain: "a.example.org", slotCount: 2 });
    expect(contractText(same)).toBe(contractText(one));
    expect(contractText(defineContract({ slotCount: 3, domain: "a.example.org" }))).not.toBe(contractText(one));
    expect(defineContract(JSON.parse(contractText(one)) as object)).toEqual(one);
  });
});

describe("writing what is rendered", () => {
  test("touches nothing the second time", async () => {
    await inInfra(async (infra) => {
      const before = statSync(`${infra}/systemd/a.service`).ino;
      expect(await writeInfra(FILES, infra)).toEqual({ written: [], removed: [], unchanged: 3 });
      expect(statSync(`${infra}/systemd/a.service`).ino).toBe(before);
    });
  });

  test("repairs what is missing or was edited, and removes what is generated no more", async () => {
    await inInfra(async (infra) => {
      writeFileSync(`${infra}/systemd/a.service`, "edited");
      const fewer = [unit("a.service"), file("contract.json", "{}\n")];
      expect(await compareInfra(fewer, infra)).toEqual({
        missing: [],
        changed: ["systemd/a.service"],
        left_over: ["systemd/b.service"],
      });
      expect(await writeInfra(fewer, infra)).toEqual({
        written: ["systemd/a.service"],
        removed: ["systemd/b.service"],
        unchanged: 1,
      });
      expect(isDrifted(await compareInfra(fewer, infra))).toBe(false);
    });
  });

  test("leaves alone what somebody wrote by hand", async () => {
    await inInfra(async (infra) => {
      mkdirSync(`${infra}/web-main`);
      writeFileSync(`${infra}/web-main/index.html`, `<!-- ${GENERATED_LINE} -->\n`);
      writeFileSync(`${infra}/systemd/README`, "Ours.\n");
      await writeInfra([], infra);
      expect(readFileSync(`${infra}/systemd/README`, "utf8")).toBe("Ours.\n");
      expect(readFileSync(`${infra}/web-main/index.html`, "utf8")).toContain(GENERATED_LINE);
    });
  });
});

test("drift names each file, what is wrong with it, and what to type", () => {
  const drift = { missing: ["x"], changed: ["y"], left_over: ["z"] };
  const { code, message, hint } = driftError(drift, "infra");
  expect(code).toBe("files_drifted");
  expect(message).toBe("infra is not what infra/contract.ts renders: x is missing, y differs, z is left over.");
  expect(hint).toContain("scripts/oroboros render");
});
