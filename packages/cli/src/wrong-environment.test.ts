import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { defineContract, etcPath, serializeEnvFile, workerPort } from "@oroboros/slot-contract";
import { installationEnvironment } from "@oroboros/slot-contract/environments";
import { contractFile } from "@oroboros/slot-contract/host";
import { takePortOffset, withTempDir } from "@oroboros/test-support";
import { expect, test } from "vitest";
import { oneObject, runHere } from "./testing/run-here.ts";

const PORT_OFFSET = await takePortOffset();
const WRONG = "WORKER_POLL_INTERVAL_SECONDS must be a whole number";

interface Installed {
  root: string;
  path: string;
}

/** A host of which nothing runs, and whose worker.env somebody has edited. */
const onHost = (act: (installed: Installed) => Promise<void>, contractText?: string): Promise<void> =>
  withTempDir(async (root) => {
    const input = { root, slotCount: 1, portOffset: PORT_OFFSET };
    const contract = defineContract(input);
    const path = `${etcPath(contract)}/worker.env`;
    await mkdir(dirname(path), { recursive: true });
    const variables = {
      ...installationEnvironment(contract),
      OROBOROS_SERVICE_MANAGER: "systemd",
      DATABASE_URL: "postgresql://oroboros_worker:s3cret@127.0.0.1:1/builder_control",
      WORKER_POLL_INTERVAL_SECONDS: "abc",
      WORKER_HEALTH_PORT: String(workerPort(contract)),
      PREVIEW_BACKEND_DATABASE_URL_TEMPLATE: "postgresql://slot@127.0.0.1:1/app_preview_{slot}",
      SLOT_DATABASE_PASSWORD_KEY: "ab".repeat(32),
    };
    await writeFile(path, serializeEnvFile(variables));
    await writeFile(contractFile(contract), contractText ?? JSON.stringify(input));
    await act({ root, path });
  });

test("the host's check names the file, and asks everything else by what is right in it", () =>
  onHost(async ({ root, path }) => {
    const { exitCode, stdout } = await runHere(["host", "health-check", "--root", root]);
    expect(exitCode).toBe(4);
    const { services, error } = oneObject(stdout);
    const next = `Correct ${path}, then: systemctl restart ouroboros-worker.service`;
    expect(services).toMatchObject([
      { service: "worker", target: path, status: "unhealthy", detail: `${path} can not be used: ${WRONG}.`, next },
      { service: "postgres", target: "postgresql://127.0.0.1:1/builder_control" },
      { service: "api" },
      { service: "worker", target: `http://127.0.0.1:${8090 + PORT_OFFSET}/health` },
      ...Array.from({ length: 8 }, () => ({})),
    ]);
    expect(error).toMatchObject({ code: "gate_failed", hint: `Start with worker: ${next}` });
    expect(stdout).not.toContain("s3cret");
  }));

test("the slots' check names the file as well", () =>
  onHost(async ({ root, path }) => {
    const { exitCode, stdout } = await runHere(["slots", "health-check", "--root", root]);
    expect(exitCode).toBe(4);
    expect(oneObject(stdout)).toMatchObject({
      slots: [{ slot_id: "preview-1" }],
      error: {
        message: expect.stringContaining(`${path} can not be used: ${WRONG}.`),
        hint: `Correct the named variables in ${path}, and start again what reads it.`,
      },
    });
  }));

test("the doctor has it as a finding, and looks at everything else", () =>
  onHost(async ({ root, path }) => {
    const { exitCode, stdout } = await runHere(["doctor", "--root", root]);
    expect(exitCode).toBe(4);
    const { sections, error } = oneObject(stdout);
    const finding = { level: "error", code: "invalid_environment", message: `${path} can not be used: ${WRONG}.` };
    expect(sections).toMatchObject([
      { name: "settings", ok: false, findings: [finding] },
      ...["versions", "users", "permissions", "ports", "units", "exposure", "files", "firewall"].map((name) => ({
        name,
        skipped: null,
      })),
      { name: "redis" },
      { name: "disk", skipped: null },
      { name: "domains", skipped: null },
      { name: "database", findings: [{ code: "unreachable" }] },
    ]);
    expect(error).toMatchObject({ message: expect.stringContaining(WRONG) });
  }));

test("without a contract that says what the host consists of, the file is what is wrong", () =>
  onHost(async ({ root, path }) => {
    for (const command of [["host", "health-check"], ["slots", "health-check"], ["doctor"]]) {
      const { exitCode, stdout } = await runHere([...command, "--root", root]);
      expect(exitCode).toBe(2);
      expect(oneObject(stdout)).toMatchObject({
        error: { code: "invalid_environment", message: `${path} can not be used: ${WRONG}.` },
      });
    }
  }, "{"));
