import { expect, test } from "vitest";
import { compareVersions } from "./compare-versions.ts";
import { judgeVersions } from "./judge-versions.ts";

test.each([
  ["2.6.2-5", "2.11.1"],
  ["252.38-1~deb12u1", "252.38-1"],
  ["252.31-1~deb12u1", "252.38-1~deb12u1"],
  ["5:7.0.15-1~deb12u5", "5:7.0.15-1~deb12u10"],
  ["9.9", "1:0.1"],
  ["1.0~rc1", "1.0"],
  ["1.0", "1.0a"],
  ["1.0a", "1.0+b"],
  ["15.18", "15.19"],
])("%s comes before %s", (older, newer) => {
  expect(Math.sign(compareVersions(older, newer))).toBe(-1);
  expect(Math.sign(compareVersions(newer, older))).toBe(1);
  expect(compareVersions(older, older)).toBe(0);
});

const found = (versions: Record<string, string | null>) =>
  judgeVersions(versions).map(({ level, code, subject }) => `${level} ${code} ${subject}`);

test.each<[Record<string, string | null>, string[]]>([
  [{ caddy: "2.6.2-5" }, ["warning version_vulnerable caddy"]],
  [{ caddy: "2.11.1-1" }, []],
  [{ caddy: "2.5.0" }, ["error version_unsupported caddy", "warning version_vulnerable caddy"]],
  [{ systemd: "252.36-1~deb12u1" }, ["warning version_vulnerable systemd"]],
  [{ systemd: "252.38-1~deb12u1" }, []],
  [{ systemd: "257.7-1" }, []],
  [{ systemd: "247.3-7" }, ["error version_unsupported systemd"]],
  [{ "redis-server": "5:7.0.15-1~deb12u9" }, ["warning version_vulnerable redis-server"]],
  [{ "redis-server": "5:7.0.15-1~deb12u10" }, []],
  [{ git: "1:2.39.5-0+deb12u2" }, ["warning version_vulnerable git"]],
  [{ git: "1:2.39.5-0+deb12u3" }, []],
  [{ kernel: "4.19.0-27-amd64" }, ["error version_unsupported kernel"]],
  [{ node: "24.21.0", pnpm: "12.21.0", kernel: "6.1.0-40-amd64", polkitd: "122-3" }, []],
  [{ nftables: null }, ["error program_missing nftables"]],
  [{ node: null }, ["error program_missing node"]],
])("%j: %j", (versions, findings) => {
  expect(found(versions)).toEqual(findings);
});

test("a hole is told with the version that closes it, the day of that knowledge and its source", () => {
  const [hole] = judgeVersions({ caddy: "2.6.2-5" });
  expect(hole?.message).toMatch(/caddy 2\.6\.2-5: .*; closed in 2\.11\.1 \(as known on \d{4}-\d\d-\d\d, https:.*\)\.$/);
});

test("what is missing is installed by its package, or with the release", () => {
  expect(judgeVersions({ nftables: null })[0]?.hint).toBe("apt-get install --yes nftables");
  expect(judgeVersions({ pnpm: null })[0]?.hint).toBe("./scripts/systemd-install-runtime.sh");
});
