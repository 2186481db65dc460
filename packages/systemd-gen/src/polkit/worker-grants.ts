import { backendUnit, slotIds, STEP_KINDS, type RuntimeContract } from "@oroboros/slot-contract";
import { packagesUnit, purgeUnit, RELEASE_UNIT_KINDS, stepUnit } from "@oroboros/slot-contract/host";

/** What systemd's D-Bus methods call a change of a unit's state, as polkit is told it. */
export type UnitVerb = "start" | "stop" | "restart";

/** What the worker may do on a host, and nothing else: exact unit names, because `systemctl` takes globs. */
export function workerGrants(contract: RuntimeContract): ReadonlyMap<string, readonly UnitVerb[]> {
  const passing: readonly UnitVerb[] = ["start", "stop"];
  const standing: readonly UnitVerb[] = ["start", "stop", "restart"];
  return new Map<string, readonly UnitVerb[]>([
    ...slotIds(contract).flatMap((slot): [string, readonly UnitVerb[]][] => [
      [backendUnit(contract, slot), standing],
      ...STEP_KINDS.map((kind): [string, readonly UnitVerb[]] => [stepUnit(contract, kind, slot), passing]),
      [purgeUnit(contract, slot), passing],
    ]),
    [packagesUnit(contract), passing],
  ]);
}

/**
 * The templates that the worker may start with a commit's full id for their instance, as a regular expression. Those that run what the
 * commit says are started by root's own, once it knows that the commit is main's.
 */
export function startableCommits({ unitPrefix }: RuntimeContract): string {
  const kinds = RELEASE_UNIT_KINDS;
  // A prefix is letters, digits and dashes by the contract's rule: nothing of it means anything to a regular expression.
  return `^${unitPrefix}-(${kinds.join("|")})@[0-9a-f]{40}\\.service$`;
}
