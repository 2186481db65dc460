import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineRuntime } from "@oroboros/slot-contract";
import { describe, expect, test } from "vitest";
import { DOCUMENT_TABLES } from "./testing/document-tables.ts";

const REPOSITORY = join(import.meta.dirname, "../../../..");
const PAGES = [
  "runtime-topology",
  "preview-runtime-slots",
  "fullstack-preview-slot-runtime-contract",
  "fullstack-preview-ops-runbook",
];
/** What the deploy brings; the pages name it as that. */
const LATER = ["deploy.sh", "rollback.sh", "release-registry.sh"];
const TABLE = /(<!-- table: ([a-z-]+) -->\n)[^]*?(\n<!-- end -->)/g;

const read = (page: string): string => readFileSync(join(REPOSITORY, `docs/${page}.md`), "utf8");

function withTables(text: string): string {
  const runtime = defineRuntime();
  return text.replaceAll(TABLE, (_all, begin: string, name: string, end: string) => {
    const render = DOCUMENT_TABLES[name];
    if (render === undefined) throw new Error(`no table is called ${name}`);
    return `${begin}\n${render(runtime)}\n${end}`;
  });
}

describe.each(PAGES)("docs/%s.md", (page) => {
  // After a change of the contract or of what it renders: scripts/pnpm --filter @oroboros/operations test documents -u
  test("has the tables that the contract makes", async () => {
    await expect(withTables(read(page))).toMatchFileSnapshot(join(REPOSITORY, `docs/${page}.md`));
  });

  test("names only scripts that there are, or that come with the deploy", () => {
    const named = new Set(read(page).match(/(?<=scripts\/)[a-z-]+\.(sh|py)/g));
    const missing = [...named].filter((name) => !existsSync(join(REPOSITORY, "scripts", name)));
    expect(missing.filter((name) => !LATER.includes(name))).toEqual([]);
  });
});

test("every table stands on some page", () => {
  const shown = PAGES.flatMap((page) => [...read(page).matchAll(TABLE)].map(([, , name]) => name));
  expect(new Set(shown)).toEqual(new Set(Object.keys(DOCUMENT_TABLES)));
});

test("what comes with the deploy is not there yet, and the pages say so until it is", () => {
  expect(LATER.filter((name) => existsSync(join(REPOSITORY, "scripts", name)))).toEqual([]);
});
