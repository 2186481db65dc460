import { expect, test } from "vitest";
import { parseShown, requireHostProgram } from "./systemctl.ts";

test("each unit gets its own properties, in the order it was asked for", () => {
  const shown = "ActiveState=active\nDescription=a=b\n\nActiveState=inactive\nDescription=\n";
  expect(parseShown(shown, ["a.service", "b.service"])).toEqual({
    "a.service": { ActiveState: "active", Description: "a=b" },
    "b.service": { ActiveState: "inactive", Description: "" },
  });
});

test("a program of the host that fails is told with what it wrote", async () => {
  await expect(requireHostProgram(["ls", "/nowhere"], "Look there.")).rejects.toMatchObject({
    code: "unit_failed",
    message: expect.stringContaining("ls /nowhere failed: ls: cannot access '/nowhere'"),
    hint: "Look there.",
  });
});
