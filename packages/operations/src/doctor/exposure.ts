import {
  apiUnit,
  backendUnit,
  slotIds,
  STEP_KINDS,
  surfaceUnit,
  webMainUnit,
  workerUnit,
  type RuntimeContract,
} from "@oroboros/slot-contract";
import { purgeUnit, stepUnit } from "@oroboros/slot-contract/host";
import { askProgram } from "./ask-program.ts";
import { wrong, type DoctorFinding } from "./doctor-report.ts";

const SLOT = 1.5;
const SERVING = 2;
const WORKER = 3;

/** The most that systemd may find each unit exposed, of 10. */
export function exposureLimits(contract: RuntimeContract): ReadonlyMap<string, number> {
  const ofSlots = slotIds(contract).flatMap((slot): [string, number][] => [
    [surfaceUnit(contract, slot), SERVING],
    ...[backendUnit(contract, slot), purgeUnit(contract, slot)].map((unit): [string, number] => [unit, SLOT]),
    ...STEP_KINDS.map((kind): [string, number] => [stepUnit(contract, kind, slot), SLOT]),
  ]);
  return new Map([
    [apiUnit(contract), SERVING],
    [webMainUnit(contract), SERVING],
    [workerUnit(contract), WORKER],
    ...ofSlots,
  ]);
}

/** By what systemd has loaded, drop-ins included. A unit that it can not analyze is left out. */
export async function observeExposure(units: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await askProgram(["systemd-analyze", "security", "--no-pager", "--", ...units]);
  return parseExposure(stdout);
}

export const parseExposure = (text: string): ReadonlyMap<string, number> =>
  new Map(
    [...text.matchAll(/Overall exposure level for (\S+): ([0-9.]+)/g)].map(([, unit = "", level]) => [
      unit,
      Number(level),
    ]),
  );

export const judgeExposure = (
  limits: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
): DoctorFinding[] =>
  [...limits].flatMap(([unit, limit]) => {
    const level = found.get(unit);
    if (level !== undefined && level <= limit) return [];
    const message =
      level === undefined
        ? `systemd can not analyze ${unit}: it is not installed.`
        : `${unit} is exposed ${level}, and may be ${limit} at most: its sandbox was loosened.`;
    const hint =
      level === undefined
        ? "./scripts/systemd-install-runtime.sh"
        : `systemctl cat ${unit}; systemd-analyze security ${unit}`;
    return [wrong({ code: level === undefined ? "unit_missing" : "unit_exposed", subject: unit, message, hint })];
  });
