import type { RuntimeContract } from "@oroboros/slot-contract";
import { UNIT_DIRECTORY } from "@oroboros/slot-contract/host";
import type { UnitProperties } from "../health/show-units.ts";
import { worthKnowing, wrong, type DoctorFinding } from "./doctor-report.ts";
import { watchedUnits, type UnitFacts } from "./observe-unit-facts.ts";

/** What systemd knows of our units, beside whether their services answer. */
export function judgeUnits(contract: RuntimeContract, { units, strays }: UnitFacts): DoctorFinding[] {
  if (units === undefined) {
    const message = "systemd does not answer.";
    return [wrong({ code: "systemd_silent", subject: "systemctl", message, hint: "systemctl is-system-running" })];
  }
  const watched = watchedUnits(contract);
  const of = (unit: string): UnitProperties => units.get(unit) ?? {};
  return [
    ...enabled(watched.target, of(watched.target)),
    ...activeUnits(contract, of),
    ...watched.masked.flatMap((unit) => masked(unit, of(unit))),
    ...[...units].flatMap(([unit, properties]) => [...failed(unit, properties), ...stale(unit, properties)]),
    ...strays.map(stray),
  ];
}

function enabled(unit: string, { UnitFileState: state }: UnitProperties): DoctorFinding[] {
  if (state === "enabled") return [];
  const message = `${unit} is ${state || "not installed"}: nothing comes up when the host starts.`;
  return [wrong({ code: "unit_not_enabled", subject: unit, message, hint: `systemctl enable ${unit}` })];
}

/** The timers stop with the target, and start with it. */
function activeUnits(contract: RuntimeContract, of: (unit: string) => UnitProperties): DoctorFinding[] {
  const { target, timers } = watchedUnits(contract);
  const down = active(target, of(target), "./scripts/runtime-up.sh").map((finding) => ({
    ...finding,
    message: `The host is down: ${finding.message}`,
  }));
  if (down.length > 0) return down;
  return timers.flatMap((timer) => active(timer, of(timer), `systemctl enable --now ${timer}`));
}

function active(unit: string, { ActiveState: state }: UnitProperties, hint: string): DoctorFinding[] {
  if (state === "active") return [];
  return [wrong({ code: "unit_not_active", subject: unit, message: `${unit} is ${state || "unknown"}.`, hint })];
}

function masked(unit: string, { LoadState: state }: UnitProperties): DoctorFinding[] {
  if (state === "masked" || state === "not-found") return [];
  const message = `${unit} of Debian's package is not masked, and would serve beside ours.`;
  return [wrong({ code: "unit_not_masked", subject: unit, message, hint: `systemctl mask --now ${unit}` })];
}

function failed(unit: string, { ActiveState: state, Result: result }: UnitProperties): DoctorFinding[] {
  if (state !== "failed") return [];
  const message = `${unit} failed (${result || "unknown"}).`;
  return [wrong({ code: "unit_failed", subject: unit, message, hint: `journalctl --no-pager -n 50 -u ${unit}` })];
}

function stale(unit: string, { NeedDaemonReload: needed }: UnitProperties): DoctorFinding[] {
  if (needed !== "yes") return [];
  const message = `The files of ${unit} have changed since systemd read them.`;
  return [wrong({ code: "unit_stale", subject: unit, message, hint: "systemctl daemon-reload" })];
}

/** What `systemctl edit` makes is an operator's own, and what it loosens judged with its unit; what stands beside it is nobody's. */
function stray(path: string): DoctorFinding {
  const dropIn = /\/([^/]+)\.d(?:\/[^/]+)?$/.exec(path)?.[1];
  const unit = dropIn ?? path.slice(path.lastIndexOf("/") + 1);
  const found = { code: "unit_overridden", subject: path, hint: `systemctl cat ${unit}` };
  const message = `${path} changes what ${unit} does, and is not rendered.`;
  const isOwn = dropIn !== undefined && path.startsWith(`${UNIT_DIRECTORY}/`);
  return isOwn ? worthKnowing({ ...found, message }) : wrong({ ...found, message });
}
