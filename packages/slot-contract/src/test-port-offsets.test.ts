import { OFFSET_SLOTS, portOffsets } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { defineContract } from "./runtime-contract.ts";
import { usedPorts, usedUids } from "./used-names.ts";
import { postgresPort, redisPort } from "./ports.ts";

test("the port offsets that tests take give no two contracts a port or a user in common", () => {
  const contracts = portOffsets().map((portOffset) => defineContract({ portOffset, slotCount: OFFSET_SLOTS }));
  const shared = new Set([postgresPort(), redisPort()]);
  const ports = contracts.flatMap((contract) => usedPorts(contract).filter((port) => !shared.has(port)));
  const uids = contracts.flatMap(usedUids);
  expect(contracts.length).toBeGreaterThan(50);
  expect(new Set(ports).size).toBe(ports.length);
  expect(new Set(uids).size).toBe(uids.length);
});
