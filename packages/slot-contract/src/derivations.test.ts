import { expect, test } from "vitest";
import { slotDatabase, templateDatabase } from "./names.ts";
import * as paths from "./paths.ts";
import { apiPort, backendPort, frontendPort, slotNumberOfFrontendPort } from "./ports.ts";
import { defineContract } from "./runtime-contract.ts";
import { parseSlotId } from "./slot-id.ts";
import { expandSlotTemplate } from "./slot-template.ts";

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

test.each([
  ["preview-9", "http://127.0.0.1:8109/9"],
  ["preview-10", "http://127.0.0.1:8110/10"],
  ["preview-99", "http://127.0.0.1:8199/99"],
])("the documents' port template gives %s its own port", (name, expanded) => {
  const slot = parseSlotId({ slotCount: 99 }, name);
  expect(expandSlotTemplate("http://127.0.0.1:810{slot}/{slot}", slot)).toBe(expanded);
});
