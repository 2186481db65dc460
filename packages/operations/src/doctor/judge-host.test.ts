import { defineContract } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import type { JudgedText } from "../host/files/host-text.ts";
import { judgeDisk } from "./disk.ts";
import { exposureLimits, judgeExposure, parseExposure } from "./exposure.ts";
import { judgeDomains } from "./judge-domains.ts";
import { judgeFiles, judgeRelease } from "./judge-files.ts";
import { judgePorts } from "./judge-ports.ts";
import { judgeRedis } from "./redis.ts";

const contract = defineContract({ slotCount: 1 });
const codes = (findings: { level: string; code: string; subject: string }[]): string[] =>
  findings.map(({ level, code, subject }) => `${level} ${code} ${subject}`);

test("a port is its unit's, or systemd's for it; anybody else on it is found, with what stops him", () => {
  const at = { port: 8000, unit: "ouroboros-api.service", command: "python3 -m http.server", pid: 42 };
  expect(judgePorts([{ ...at, listensAs: "ouroboros-api.service" }])).toEqual([]);
  expect(judgePorts([{ ...at, pid: 1, listensAs: "init.scope" }])).toEqual([]);
  expect(judgePorts([{ ...at, listensAs: undefined }])).toMatchObject([
    {
      level: "error",
      code: "port_foreign",
      message: "Port 8000 belongs to ouroboros-api.service, and python3 -m http.server (pid 42) listens on it.",
      hint: "Stop it, as with: kill 42",
    },
  ]);
  expect(judgePorts([{ ...at, listensAs: "nginx.service" }])[0]?.hint).toBe(
    "Stop it, as with: systemctl disable --now nginx.service",
  );
});

test("each unit has the limit of what it runs", () => {
  const limits = exposureLimits(contract);
  expect(limits.get("ouroboros-preview-backend@preview1.service")).toBe(1.5);
  expect(limits.get("ouroboros-step-build@preview1.service")).toBe(1.5);
  expect(limits.get("ouroboros-api.service")).toBe(2);
  expect(limits.get("ouroboros-web@preview1.service")).toBe(2);
  expect(limits.get("ouroboros-worker.service")).toBe(3);
  expect(limits.size).toBe(11);
});

test("a unit that is more exposed than it may be is found, and one that systemd does not know", () => {
  const limits = new Map([
    ["a.service", 1.5],
    ["b.service", 1.5],
    ["c.service", 2],
  ]);
  const text = `→ Overall exposure level for a.service: 1.5 OK 🙂
✗ Something else
→ Overall exposure level for b.service: 9.6 UNSAFE 😨`;
  expect(codes(judgeExposure(limits, parseExposure(text)))).toEqual([
    "error unit_exposed b.service",
    "error unit_missing c.service",
  ]);
});

const judged = (verdict: JudgedText["verdict"]): JudgedText => ({
  path: "/f",
  wanted: undefined,
  access: undefined,
  verdict,
});

test.each<[JudgedText["verdict"], string[]]>([
  [{ kind: "same" }, []],
  [{ kind: "write", why: "new", whole: "" }, ["error file_missing /f"]],
  [{ kind: "write", why: "changed", whole: "" }, ["error file_outdated /f"]],
  [{ kind: "remove" }, ["error file_left_over /f"]],
  [{ kind: "edited", whole: "" }, ["error file_edited /f"]],
  [{ kind: "unsafe", problem: "it is a link", repair: "rm /f", whole: "" }, ["error file_unsafe /f"]],
])("an installed file whose verdict is %j comes to %j", (verdict, findings) => {
  expect(codes(judgeFiles([judged(verdict)]))).toEqual(findings);
});

test("a release that is rendered otherwise is told once, with the first file", () => {
  const same = { missing: [], changed: [], left_over: [] };
  expect(judgeRelease(same, "/r/infra")).toEqual([]);
  expect(judgeRelease({ ...same, changed: ["a", "b"] }, "/r/infra")).toMatchObject([
    { level: "warning", code: "release_differs", message: "/r/infra is not what this program renders: a and 1 more." },
  ]);
});

const MB = 1_048_576;
test.each<[string, number, number, string[]]>([
  ["half of a large disk", 50_000, 100_000, []],
  ["less than a tenth and than 5 GB", 5_000, 100_000, ["warning disk_scarce /srv"]],
  ["a tenth, and less than 5 GB", 1_000, 10_000, []],
  ["more than 5 GB of a huge disk", 6_000, 1_000_000, []],
  ["less than the api needs", 500, 100_000, ["error disk_full /srv"]],
  ["a fiftieth of a small disk", 300, 10_000, ["warning disk_scarce /srv"]],
])("with %s left (%i of %i MB)", (_what, free, total, findings) => {
  const room = { freeBytes: free * MB, totalBytes: total * MB };
  expect(codes(judgeDisk(new Map([["/srv", room]]), "prune"))).toEqual(findings);
});

test("previews that share production's registrable domain are told", () => {
  expect(codes(judgeDomains(contract))).toEqual(["warning domain_shared example.com"]);
  const below = defineContract({ domain: "shop.example", previewDomain: "previews.shop.example" });
  expect(codes(judgeDomains(below))).toEqual(["warning domain_shared previews.shop.example"]);
  expect(judgeDomains(defineContract({ domain: "shop.example", previewDomain: "shop-previews.example" }))).toEqual([]);
});

test.each<[string, Record<string, string>, string[]]>([
  ["as Debian has it", {}, []],
  ["that keeps nothing", { save: "" }, ["warning redis_forgets save"]],
  ["that keeps a log", { save: "", appendonly: "yes" }, []],
  ["that drops keys", { maxmemory: "100", "maxmemory-policy": "allkeys-lru" }, ["error redis_evicts maxmemory-policy"]],
  ["that would drop keys, and has no limit", { "maxmemory-policy": "allkeys-lru" }, []],
  ["with a limit that drops none", { maxmemory: "100" }, []],
  ["that listens for everybody", { bind: "" }, ["error redis_open bind"]],
  ["that listens elsewhere as well", { bind: "127.0.0.1 10.0.0.5" }, ["error redis_open bind"]],
])("a Redis %s", (_what, settings, findings) => {
  const debian = { save: "3600 1", appendonly: "no", maxmemory: "0", "maxmemory-policy": "noeviction" };
  const rest = { bind: "127.0.0.1 -::1", "protected-mode": "yes" };
  expect(codes(judgeRedis({ ...debian, ...rest, ...settings }))).toEqual(findings);
});

test("a Redis that does not tell is wrong", () => {
  expect(codes(judgeRedis(undefined))).toEqual(["error redis_silent redis"]);
});
