import fc from "fast-check";
import { expect, test } from "vitest";
import { corsAllowedOrigins } from "./cors-origins.ts";
import { defineRuntime, type Runtime } from "./define-runtime.ts";
import { allHosts } from "./host-names.ts";
import { postgresPort, redisPort } from "./ports.ts";
import { slotUid } from "./process-uids.ts";
import { defineContract } from "./runtime-contract.ts";
import { MAX_SLOTS, parseSlotId, slotAlias, slotIds } from "./slot-id.ts";
import { allUnits } from "./unit-names.ts";
import { usedDatabases, usedPaths, usedPorts, usedRoles, usedUids } from "./used-names.ts";

const COUNTS = Array.from({ length: MAX_SLOTS }, (_, index) => index + 1);
const used = { usedPorts, usedUids, usedDatabases, usedRoles, usedPaths, allHosts, allUnits, corsAllowedOrigins };

const repeated = (values: readonly unknown[]): unknown[] =>
  values.filter((value, index) => values.indexOf(value) !== index);

/** What one slot has and no other may: every fact of it, and its user. */
const ownOf = (runtime: Runtime): unknown[][] =>
  runtime.slots.map((slot) => [...Object.values(slot), slotUid(runtime, slot.id)]);

test.each(Object.entries(used))("at no slot count does %s name anything twice", (_name, all) => {
  for (const slotCount of COUNTS) expect(repeated(all(defineContract({ slotCount })))).toEqual([]);
});

test("at no slot count do two slots share a port, host, address, database, role, unit, path or uid", () => {
  for (const slotCount of COUNTS) {
    const own = ownOf(defineRuntime({ slotCount, root: "/var/tmp/host" }));
    expect(own).toHaveLength(slotCount);
    expect(repeated(own.flat())).toEqual([]);
  }
});

test("two slots share nothing in any contract, and what it takes lies where it may", () => {
  const contract = fc.record({
    slotCount: fc.integer({ min: 1, max: MAX_SLOTS }),
    portOffset: fc.integer({ min: 0, max: 10_000 }).filter(leavesTheDistributionAlone),
    domain: fc.constantFrom("example.com", "a.b.example", "localhost"),
    unitPrefix: fc.constantFrom("ouroboros", "o"),
  });
  fc.assert(
    fc.property(contract, (input) => {
      const runtime = defineRuntime({ ...input, root: "/var/tmp/host" });
      expect(repeated(ownOf(runtime).flat())).toEqual([]);
      expect([...usedPorts(runtime), ...usedUids(runtime)].filter((n) => n < 1024 || n > 65_535)).toEqual([]);
      expect(usedPaths(runtime).filter((path) => !path.startsWith("/var/tmp/host/"))).toEqual([]);
    }),
  );
});

test("at every slot count each slot and alias is itself, and the next number is no slot", () => {
  for (const slotCount of COUNTS) {
    const ids = slotIds({ slotCount });
    expect(ids.map((id) => parseSlotId({ slotCount }, id))).toEqual(ids);
    expect(ids.map((id) => parseSlotId({ slotCount }, slotAlias(id)))).toEqual(ids);
    for (const beyond of [0, slotCount + 1]) {
      for (const name of [`preview-${beyond}`, `preview${beyond}`]) expect(isSlot(slotCount, name)).toBe(false);
    }
  }
});

test("nothing but a slot's id and its alias is a slot", () => {
  const pieces = fc.constantFrom(
    ..."preview|-|0|1|3|01|99|100|Preview|PREVIEW| |\n|\t|/|..|\0|\u0661|\uff11|\u00b9|+|.|e|%31|_|\u200b|preview-1".split(
      "|",
    ),
  );
  const hostile = fc.oneof(
    fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join("")),
    fc.string(),
    fc.anything(),
  );
  fc.assert(
    fc.property(hostile, (input) => {
      const names = ["preview-1", "preview-2", "preview-3", "preview1", "preview2", "preview3"];
      expect(isSlot(3, input)).toBe(names.includes(input as string));
    }),
    { numRuns: 5_000 },
  );
});

/** @throws whatever is not the refusal `invalid_slot`. */
function isSlot(slotCount: number, input: unknown): boolean {
  try {
    parseSlotId({ slotCount }, input);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid_slot" });
    return false;
  }
}

function leavesTheDistributionAlone(offset: number): boolean {
  return [postgresPort(), redisPort()].every((port) => port - offset < 3100 || port - offset > 3199);
}
