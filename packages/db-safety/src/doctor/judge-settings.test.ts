import { expect, test } from "vitest";
import { connectionBudget, maxConnections } from "../limits/connection-budget.ts";
import { judgeConnections, judgeSettings } from "./judge-settings.ts";

const SOUND = {
  server_version_num: "150019",
  max_connections: "200",
  superuser_reserved_connections: "3",
  password_encryption: "scram-sha-256",
  max_prepared_transactions: "0",
  authentication_timeout: "5",
};
const judge = (changed: Record<string, string>, slotCount = 2): string[] =>
  judgeSettings({ settings: { ...SOUND, ...changed }, slotCount }).map(
    ({ level, code, message }) => `${level} ${code}: ${message}`,
  );

test.each<[string, Record<string, string>, string | undefined]>([
  ["what an installation has", {}, undefined],
  ["PostgreSQL 14", { server_version_num: "140023" }, "error version_unsupported"],
  ["PostgreSQL 15 with known holes", { server_version_num: "150018" }, "warning version_vulnerable: PostgreSQL 15.18"],
  ["PostgreSQL 17 with known holes", { server_version_num: "170009" }, "warning version_vulnerable: PostgreSQL 17.9"],
  ["a PostgreSQL of which nothing is known", { server_version_num: "190001" }, undefined],
  ["MD5 passwords", { password_encryption: "md5" }, "error setting_wrong: password_encryption is md5"],
  [
    "prepared transactions",
    { max_prepared_transactions: "10" },
    "error setting_wrong: max_prepared_transactions is 10",
  ],
  ["logins that linger", { authentication_timeout: "60" }, "error setting_wrong: authentication_timeout is 60"],
  ["too few connections", { max_connections: "100" }, "error connections_too_few: max_connections leaves 97"],
  ["connections kept for others", { reserved_connections: "120" }, "error connections_too_few"],
])("%s", (_, changed, expected) => {
  const found = judge(changed);
  expect(found).toHaveLength(expected === undefined ? 0 : 1);
  if (expected !== undefined) expect(found[0]).toContain(expected);
});

test("holes are closed by the host's packages, or by another release of the runtime where that brought the server", () => {
  const hintFor = (origin?: "embedded" | "packaged"): string | undefined =>
    judgeSettings({ settings: { ...SOUND, server_version_num: "150018" }, slotCount: 2, origin })[0]?.hint;
  expect(hintFor("packaged")).toMatch(/apt-get install --only-upgrade postgresql-15$/);
  expect(hintFor("embedded")).toMatch(/a release of the runtime brings 15\.19: .*oroboros runtime up/);
  expect(hintFor("embedded")).not.toContain("apt-get");
});

test("the connections that an installation sets are enough for its slots", () => {
  for (const slots of [1, 2, 3, 10, 99]) {
    const settings = { max_connections: String(maxConnections(slots)), superuser_reserved_connections: "3" };
    expect(judgeConnections(settings, slots)).toEqual([]);
    expect(maxConnections(slots)).toBeGreaterThan(connectionBudget(slots));
  }
  expect(maxConnections(1)).toBe(100);
});
