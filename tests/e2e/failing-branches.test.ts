import { readdirSync } from "node:fs";
import {
  commandsOf,
  endOfRun,
  openMachine,
  startRuntime,
  type FinishedRun,
  type Machine,
  type Runtime,
} from "@oroboros/test-runtime";
import { eventually, takePortOffset } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changedFiles, NODE_APP, PYTHON_APP } from "./example-apps.ts";
import { NODE_BRANCHES, PYTHON_BRANCHES } from "./failing-branches.ts";

const SLOTS = ["preview-1", "preview-2", "preview-3"];
const IDLE_COMMIT = "0".repeat(40);
const DEADLINE = { deadlineMs: 120_000 };

describe.each([
  { name: "the Node example", app: NODE_APP, branches: NODE_BRANCHES },
  { name: "the Python example", app: PYTHON_APP, branches: PYTHON_BRANCHES },
])("a branch of $name that is wrong", ({ app, branches }) => {
  let offset: number;
  let runtime: Runtime;
  let machine: Machine;
  /** All at once, through three slots; each test waits for its own. */
  const runs = new Map<string, Promise<FinishedRun>>();
  beforeAll(async () => {
    offset = await takePortOffset();
    runtime = await startRuntime({ portOffset: offset, main: { directory: app } });
    machine = openMachine(runtime, offset);
    for (const { fault, changes } of branches) {
      const branch = `bad/${fault}`;
      const commit_sha = await runtime.pushBranch(branch, changedFiles(app, changes));
      runs.set(fault, endOfRun(runtime, { title: branch, branch, commit_sha }));
    }
  });
  afterAll(() => runtime?.stop());

  test.each(branches)("in its $fault fails with $reasonCode in $step, and says why", async (branch) => {
    const run = await runs.get(branch.fault);
    expect(run).toMatchObject({ status: "failed", failure_reason_code: branch.reasonCode });
    expect(run?.failure_message).toMatch(new RegExp(`^${branch.step} failed: `));
    expect(run?.failure_message).toContain(branch.cause);
    const artifacts = run?.artifacts ?? [];
    // The last one of a step: nothing was done after the step that failed.
    const ofSteps = artifacts.filter(({ artifact_type }) => artifact_type !== "diff_report");
    expect(ofSteps.at(-1)?.artifact_type).toBe(branch.artifact);
    for (const { uri } of artifacts) {
      const content = `/api/runs/${run?.run_id}/artifacts/content?uri=${encodeURIComponent(uri)}`;
      expect((await runtime.api(content)).status, uri).toBe(200);
    }
    const evidence = lastLine(await run?.evidence(branch.artifact));
    expect(evidence).toMatchObject({ event: "failed", code: branch.code, hint: expect.stringMatching(/\w/) });
    expect(evidence.message).toContain(branch.cause);
  });

  test("leaves its slot free, with no process and no file of it, under the idle page and backend", async () => {
    const ended = await Promise.all(runs.values());
    // A run gives its slot back as it ends; then the slot is taken for a moment, by no run, to bring its idle page up.
    const allFree = async (): Promise<boolean> => (await leaseStates(runtime)).every((state) => state === "free");
    await eventually(allFree, DEADLINE);
    for (const slot of SLOTS) {
      const { uid, directories } = machine.slot(slot);
      const surface = `http://127.0.0.1:${3100 + offset + Number(slot.slice(-1))}`;
      await eventually(
        async () => (await fetch(`${surface}/api/health`)).headers.get("x-oroboros-commit") === IDLE_COMMIT,
        DEADLINE,
      );
      expect(await (await fetch(surface)).text()).toContain("is free");
      if (process.getuid?.() === 0) {
        expect(commandsOf(uid)).toEqual([
          expect.objectContaining({ command: expect.stringContaining("/apps/api.js") }),
        ]);
      }
      const left = directories.flatMap(filesBelow);
      expect(left.filter((path) => path.includes("oroboros.app.json"))).toEqual([]);
      expect(left.filter((path) => ended.some(({ run_id }) => path.includes(run_id)))).toEqual([]);
    }
  });
});

function lastLine(jsonLines: string | undefined): { event?: string; code?: string; message?: string; hint?: string } {
  return JSON.parse(jsonLines?.trim().split("\n").at(-1) ?? "{}") as object;
}

async function leaseStates(runtime: Runtime): Promise<string[]> {
  return ((await runtime.api("/api/slots")).body as { lease_state: string }[]).map(({ lease_state }) => lease_state);
}

function filesBelow(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
