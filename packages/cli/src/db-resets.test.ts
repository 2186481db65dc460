import { expect, test } from "vitest";
import { apiServer, json } from "./testing/api-server.ts";
import { NOW, RUN } from "./testing/run-fixture.ts";
import { oneObject, runHere } from "./testing/run-here.ts";

const access = (url: string): Record<string, string> => ({ OROBOROS_API_URL: url, OROBOROS_TOKEN: "oro_token" });
const reset = (fields: object): object => ({
  reset_id: "12",
  run_id: RUN,
  slot_id: "preview-1",
  db_name: "app_preview_1",
  strategy: "seed",
  seed_version: "v1",
  snapshot_version: null,
  reset_status: "succeeded",
  lease_epoch: "7",
  details: { template_hash: "a".repeat(64), content_fingerprint: "b".repeat(64), duration_ms: 24 },
  created_at: NOW,
  ...fields,
});
const failed = reset({
  reset_status: "failed",
  strategy: "snapshot",
  snapshot_version: "s1",
  details: { code: "stale_lease", message: "the lease \u001B[2Jis lost", duration_ms: 3 },
});
const items = [failed, reset({})];

test("the resets of a slot are one object for a program", async () => {
  await using api = await apiServer(json(200, { items, total: 7, limit: 2, offset: 1 }));
  const argv = ["db", "resets", "--slot", "preview1", "--limit", "2", "--offset", "1"];
  const result = await runHere(argv, access(api.url));
  expect(api.requests).toMatchObject([{ line: "GET /api/databases/resets?slot=preview-1&limit=2&offset=1" }]);
  expect(oneObject(result.stdout)).toEqual({ ok: true, command: "db resets", items, total: 7, limit: 2, offset: 1 });
});

test("a person sees where the data came from, and why it did not", async () => {
  await using api = await apiServer(json(200, { items, total: 2, limit: 50, offset: 0 }));
  const { stdout } = await runHere(["db", "resets"], { ...access(api.url), NO_COLOR: "1" }, { isTerminal: true });
  const [headings, first, second] = stdout.split("\n");
  expect(headings).toMatch(/^RESET +WHEN +SLOT +STATUS +FROM +TEMPLATE +CONTENT +MS +EPOCH +RUN +WHY$/);
  expect(first).toMatch(/ preview-1 +failed +snapshot s1 +- +- +3 +7 .* stale_lease: the lease  \[2Jis lost$/);
  expect(second).toMatch(/ preview-1 +succeeded +seed v1 +a{12} +b{12} +24 +7 +[0-9a-f-]{36} +-$/);
});

test("a person sees that a database was recorded before it was migrated and seeded", async () => {
  const details = {
    template_hash: "a".repeat(64),
    content_fingerprint: null,
    still_to_come: ["migrations", "seed v1"],
  };
  await using api = await apiServer(
    json(200, { items: [reset({ seed_version: null, details })], total: 1, limit: 50, offset: 0 }),
  );
  const { stdout } = await runHere(["db", "resets"], { ...access(api.url), NO_COLOR: "1" }, { isTerminal: true });
  expect(stdout.split("\n")[1]).toMatch(/ succeeded +seed none +a{12} +- +- +7 .* still to come: migrations, seed v1$/);
});

test("a slot without resets is said to have none", async () => {
  await using api = await apiServer(json(200, { items: [], total: 0, limit: 50, offset: 0 }));
  const { stdout } = await runHere(["db", "resets", "--slot", "preview-2"], access(api.url), { isTerminal: true });
  expect(stdout).toBe("No database of preview-2 was reset yet.\n");
});

test.each([
  [["--slot", "app_preview_1"], "invalid_slot"],
  [["--limit", "0"], "invalid_request"],
  [["--offset", "-1"], "invalid_request"],
])("%j is refused before anything is asked", async (options, code) => {
  await using api = await apiServer(json(200, {}));
  const result = await runHere(["db", "resets", ...options], access(api.url));
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, error: { code } });
  expect(result.exitCode).toBe(2);
  expect(api.requests).toEqual([]);
});
