import { MAINTENANCE_TASKS } from "@oroboros/slot-contract/host";
import { withTempDir } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { oneObject, runHere } from "./testing/run-here.ts";

describe.each(MAINTENANCE_TASKS)("maintenance %s", (task) => {
  test("takes its variables from the unit that starts it, and reads no file then", async () => {
    await withTempDir(async (root) => {
      const unit = { SLOT_DATABASE_PASSWORD_KEY: "ab".repeat(32), SLOT_IDS_CSV: "preview-1" };
      const { exitCode, stdout } = await runHere(["maintenance", task, "--root", root], unit);
      expect(oneObject(stdout)).toMatchObject({ error: { code: "invalid_environment" } });
      expect(stdout).toContain("DATABASE_URL is missing");
      expect(stdout).not.toContain("SLOT_DATABASE_PASSWORD_KEY");
      expect(exitCode).toBe(2);
    });
  });

  test("typed by hand, takes them from the installation's worker.env", async () => {
    await withTempDir(async (root) => {
      const { stdout } = await runHere(["maintenance", task, "--root", root]);
      expect(oneObject(stdout)).toMatchObject({ error: { code: "not_installed" } });
      expect(stdout).toContain(`${root}/etc/oroboros/worker.env`);
    });
  });
});
