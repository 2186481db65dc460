import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { apiDocument } from "./api-document.ts";

const REPOSITORY = join(import.meta.dirname, "../../../..");
const versionOf = (folder: string): unknown =>
  (JSON.parse(readFileSync(join(REPOSITORY, folder, "package.json"), "utf8")) as { version: unknown }).version;

test("the api's description has the version of the release, as `oroboros --version` and the client's package do", async () => {
  const { version } = (await apiDocument()).info;
  for (const folder of ["apps/api", "packages/cli", "packages/slot-contract"]) expect(versionOf(folder)).toBe(version);
});
