import fc from "fast-check";
import { expect, test } from "vitest";
import { retiredDatabase, slotDatabase, slotRole, spareDatabase, templateDatabase } from "./names.ts";
import * as paths from "./paths.ts";
import {
  apiPort,
  backendPort,
  embeddedPostgresPort,
  frontendPort,
  slotNumberOfFrontendPort,
  workerPort,
} from "./ports.ts";
import { controlUid, postgresUid, slotUid, surfaceUid } from "./process-uids.ts";
import { defineContract, type RuntimeContract } from "./runtime-contract.ts";
import { parseSlotId, slotIds } from "./slot-id.ts";
import { expandSlotTemplate } from "./slot-template.ts";

const anyContract = fc
  .record({ slotCount: fc.integer({ min: 1, max: 99 }), portOffset: fc.integer({ min: 0, max: 10_000 }) })
  .map((input) => defineContract({ ...input, root: "/var/tmp/host" }));

const slotPaths = [
  paths.worktreeLink,
  paths.slotWorktrees,
  paths.surfaceLink,
  paths.slotSurfaces,
  paths.slotRunPath,
  paths.backendLog,
  paths.slotHome,
];

/** Everything of a host that must exist once, by kind. */
const derived = {
  ports: (contract: RuntimeContract) => [
    apiPort(contract),
    workerPort(contract),
    embeddedPostgresPort(contract),
    ...slotIds(contract).flatMap((slot) => [frontendPort(contract, slot), backendPort(contract, slot)]),
  ],
  uids: (contract: RuntimeContract) => [
    postgresUid(contract),
    controlUid(contract),
    surfaceUid(contract),
    ...slotIds(contract).map((slot) => slotUid(contract, slot)),
  ],
  databases: (contract: RuntimeContract) =>
    slotIds(contract).flatMap((slot) => [slotDatabase(slot), spareDatabase(slot), retiredDatabase(slot)]),
  roles: (contract: RuntimeContract) => slotIds(contract).map(slotRole),
  paths: (contract: RuntimeContract) =>
    slotIds(contract).flatMap((slot) => slotPaths.map((path) => path(contract, slot))),
};

test.each(Object.entries(derived))("no two %s of a host are the same", (_kind, all) => {
  fc.assert(
    fc.property(anyContract, (contract) => {
      const values = all(contract);
      expect(new Set<unknown>(values).size).toBe(values.length);
    }),
  );
});

test("every port and uid is one that the kernel and a user namespace have", () => {
  fc.assert(
    fc.property(anyContract, (contract) => {
      expect([...derived.ports(contract), ...derived.uids(contract)].filter((n) => n < 1024 || n > 65_535)).toEqual([]);
    }),
  );
});

test("every path of a slot lies below the contract's root", () => {
  fc.assert(
    fc.property(anyContract, (contract) => {
      expect(derived.paths(contract).filter((path) => !path.startsWith("/var/tmp/host/"))).toEqual([]);
    }),
  );
});

test("a frontend port leads back to its slot, and no other port does", () => {
  const contract = defineContract({ slotCount: 3, portOffset: 50 });
  expect([3150, 3151, 3153, 3154, 8151].map((port) => slotNumberOfFrontendPort(contract, port))).toEqual([
    undefined,
    1,
    3,
    undefined,
    undefined,
  ]);
});

test("the derivations are the documents'", () => {
  const contract = defineContract();
  const slot = parseSlotId(contract, "preview-2");
  expect({
    ports: [apiPort(contract), frontendPort(contract, slot), backendPort(contract, slot)],
    database: slotDatabase(slot),
    worktree: paths.worktreeLink(contract, slot),
    log: paths.backendLog(contract, slot),
    expanded: expandSlotTemplate("http://127.0.0.1:810{slot}/{slot}", slot),
  }).toEqual({
    ports: [8000, 3102, 8102],
    database: "app_preview_2",
    worktree: "/srv/oroboros/worktrees/preview-2",
    log: "/var/log/oroboros/preview-backend/preview-2.log",
    expanded: "http://127.0.0.1:8102/2",
  });
});

test("a template's name keeps within PostgreSQL's 63 bytes", () => {
  expect(templateDatabase("a".repeat(64))).toHaveLength("seed_".length + 32);
});
