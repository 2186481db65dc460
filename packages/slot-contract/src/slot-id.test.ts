import { expect, test } from "vitest";
import { parseSlotId, slotIds, slotNumber } from "./slot-id.ts";

const threeSlots = { slotCount: 3 };

test.each([
  ["preview-1", "preview-1"],
  ["preview1", "preview-1"],
  ["preview-3", "preview-3"],
  ["preview3", "preview-3"],
])("%j names the slot %s", (input, slot) => {
  expect(parseSlotId(threeSlots, input)).toBe(slot);
});

test.each([
  "preview-0",
  "preview-01",
  "preview-4",
  "preview4",
  "preview--1",
  "preview-1\n",
  " preview-1",
  "preview-1 ",
  "preview -1",
  "preview-\u0661",
  "preview-\uff11",
  "preview-1/../preview-2",
  "Preview-1",
  "preview-1e0",
  "preview-+1",
  "preview-",
  "main",
  "",
  undefined,
  null,
  1,
  ["preview-1"],
])("%j is refused", (input) => {
  expect(() => parseSlotId(threeSlots, input)).toThrow(expect.objectContaining({ code: "invalid_slot" }));
});

test("a refusal lists the slots this host has", () => {
  expect(() => parseSlotId(threeSlots, "preview-9")).toThrow(
    expect.objectContaining({ hint: "Use one of: preview-1, preview-2, preview-3." }),
  );
});

test("every slot of the contract reads back as itself", () => {
  const contract = { slotCount: 99 };
  const ids = slotIds(contract);
  expect(ids.map(slotNumber)).toEqual(Array.from({ length: 99 }, (_, index) => index + 1));
  expect(ids.map((id) => parseSlotId(contract, id))).toEqual(ids);
});
