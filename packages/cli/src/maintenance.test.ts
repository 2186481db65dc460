import { defineContract } from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { MAINTENANCE_TASKS } from "@oroboros/slot-contract/host";
import { withTempDir } from "@oroboros/test-support";
import { describe, expect, test } from "vitest";
import { oneObject, runHere } from "./testing/run-here.ts";

/** A unit's variables; nobody listens at its database's port. */
const hostBelow = (root: string) => ({
  ...installationEnvironment(defineContract({ root, slotCount: 1 })),
  DATABASE_URL: "postgresql://oroboros@127.0.0.1:9/oroboros",
  WORKER_POLL_INTERVAL_SECONDS: "5",
  WORKER_HEALTH_PORT: "8090",
  PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: "postgresql://slot@127.0.0.1:9/app_preview_{slot}",
  SLOT_DATABASE_PASSWORD_KEY: "ab".repeat(32),
});

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

  test("typed by root on a systemd host is refused, and it is said which unit does it", async () => {
    await withTempDir(async (root) => {
      const typed = (uid: number, manager: string) =>
        runHere(["maintenance", task], { ...hostBelow(root), OROBOROS_SERVICE_MANAGER: manager }, { uid });
      const { exitCode, stdout } = await typed(0, "systemd");
      expect(oneObject(stdout)).toMatchObject({
        error: { code: "command_refused", hint: `systemctl start ouroboros-${task}.service` },
      });
      expect(exitCode).toBe(3);
      for (const { stdout: other } of [await typed(7, "systemd"), await typed(0, "process")])
        expect(other).not.toContain("command_refused");
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
