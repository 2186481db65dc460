import { defineContract } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import type { UnitProperties } from "../health/show-units.ts";
import { judgeUnits } from "./judge-units.ts";
import { watchedUnits } from "./observe-unit-facts.ts";

const contract = defineContract({ slotCount: 1 });
const watched = watchedUnits(contract);
const UP = {
  LoadState: "loaded",
  ActiveState: "active",
  UnitFileState: "enabled",
  NeedDaemonReload: "no",
  Result: "success",
};
const RESTING = { ...UP, ActiveState: "inactive" };
const RIGHT: [string, UnitProperties][] = [
  [watched.target, UP],
  ...watched.timers.map((timer): [string, UnitProperties] => [timer, UP]),
  ...watched.tasks.map((task): [string, UnitProperties] => [task, RESTING]),
  ...watched.masked.map((unit): [string, UnitProperties] => [unit, { LoadState: "masked", ActiveState: "inactive" }]),
];

const found = (changes: [string, UnitProperties][], strays: string[] = []) =>
  judgeUnits(contract, { units: new Map([...RIGHT, ...changes]), strays }).map(
    ({ code, subject, hint }) => `${code} ${subject}: ${hint}`,
  );

test("units of a host that is up have nothing wrong with them, and a package that is not there needs no mask", () => {
  expect(found([])).toEqual([]);
  expect(found([["caddy.service", { LoadState: "not-found" }]])).toEqual([]);
});

test.each<[string, UnitProperties, string]>([
  [
    "ouroboros.target",
    { ...UP, UnitFileState: "disabled" },
    "unit_not_enabled ouroboros.target: systemctl enable ouroboros.target",
  ],
  ["ouroboros.target", RESTING, "unit_not_active ouroboros.target: ./scripts/runtime-up.sh"],
  [
    "ouroboros-prune.timer",
    RESTING,
    "unit_not_active ouroboros-prune.timer: systemctl enable --now ouroboros-prune.timer",
  ],
  ["caddy.service", UP, "unit_not_masked caddy.service: systemctl mask --now caddy.service"],
  [
    "ouroboros-prune.service",
    { ...UP, ActiveState: "failed", Result: "exit-code" },
    "unit_failed ouroboros-prune.service: journalctl --no-pager -n 50 -u ouroboros-prune.service",
  ],
  [
    "ouroboros-api.service",
    { ...UP, NeedDaemonReload: "yes" },
    "unit_stale ouroboros-api.service: systemctl daemon-reload",
  ],
])("%s as %j is found", (unit, properties, finding) => {
  expect(found([[unit, properties]])).toEqual([finding]);
});

test("timers that stopped with everything else are no findings of their own", () => {
  const down = [watched.target, ...watched.timers].map((unit): [string, UnitProperties] => [unit, RESTING]);
  expect(found(down)).toEqual(["unit_not_active ouroboros.target: ./scripts/runtime-up.sh"]);
});

test.each([
  ["/etc/systemd/system/ouroboros-api.service.d/override.conf", "warning", "ouroboros-api.service"],
  ["/etc/systemd/system/ouroboros-web@.service.d/override.conf", "warning", "ouroboros-web@.service"],
  ["/run/systemd/system.control/ouroboros-api.service.d", "error", "ouroboros-api.service"],
  ["/etc/systemd/system/ouroboros-mine.service", "error", "ouroboros-mine.service"],
])("%s, which nobody rendered, is found as %s, to be looked at", (path, level, unit) => {
  expect(judgeUnits(contract, { units: new Map(RIGHT), strays: [path] })).toMatchObject([
    { level, code: "unit_overridden", subject: path, hint: `systemctl cat ${unit}` },
  ]);
});

test("a host that is down is said to be so", () => {
  const units = new Map([...RIGHT, [watched.target, RESTING] as const]);
  expect(judgeUnits(contract, { units, strays: [] })).toMatchObject([
    { message: "The host is down: ouroboros.target is inactive." },
  ]);
});

test("without systemd there is one finding, and no guesses", () => {
  expect(judgeUnits(contract, { units: undefined, strays: [] })).toMatchObject([{ code: "systemd_silent" }]);
});
