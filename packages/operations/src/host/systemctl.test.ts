import { expect, test } from "vitest";
import { requireHostProgram } from "./systemctl.ts";

test("a program of the host that fails is told with what it wrote", async () => {
  await expect(requireHostProgram(["ls", "/nowhere"], "Look there.")).rejects.toMatchObject({
    code: "unit_failed",
    message: expect.stringContaining("ls /nowhere failed: ls: cannot access '/nowhere'"),
    hint: "Look there.",
  });
});
