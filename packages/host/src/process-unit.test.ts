import { expect, test } from "vitest";
import { unitOfCgroup, unitOfProcess } from "./process-unit.ts";

test("a process's unit is read from systemd's own hierarchy, of either version", () => {
  const mixed = "4:memory:/x\n1:name=systemd:/system.slice/ouroboros-api.service\n0::/other.scope\n";
  expect(unitOfCgroup(mixed)).toBe("ouroboros-api.service");
  const unified = "0::/system.slice/system-ouroboros\\x2dweb.slice/ouroboros-web@main.service\n";
  expect(unitOfCgroup(unified)).toBe("ouroboros-web@main.service");
  expect(unitOfCgroup("0::/init.scope\n")).toBe("init.scope");
});

test("a process of no unit, and one that is gone, have none", () => {
  expect(unitOfCgroup("0::/\n")).toBeUndefined();
  expect(unitOfProcess(2 ** 22 + 1)).toBeUndefined();
});
