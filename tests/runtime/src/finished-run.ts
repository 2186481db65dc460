import { isTerminal, type RunDetail } from "@oroboros/slot-contract";
import { eventually } from "@oroboros/test-support";
import type { Runtime } from "./start-runtime.ts";

export type FinishedRun = RunDetail & {
  /** The content of the run's artifact of this type, read through the api. */
  evidence(type: string): Promise<string>;
};

export async function createRun(runtime: Runtime, request: object): Promise<string> {
  const created = await runtime.api("/api/runs", { method: "POST", body: JSON.stringify(request) });
  if (created.status !== 201)
    throw new Error(`creating the run answered ${created.status}: ${JSON.stringify(created.body)}`);
  return (created.body as RunDetail).run_id;
}

export async function showRun(runtime: Runtime, runId: string): Promise<RunDetail> {
  return (await runtime.api(`/api/runs/${runId}`)).body as RunDetail;
}

/** Creates a run and waits until it waits for a person or has ended. */
export async function endOfRun(runtime: Runtime, request: object): Promise<FinishedRun> {
  const runId = await createRun(runtime, request);
  const run = await eventually(
    async () => {
      const seen = await showRun(runtime, runId);
      return seen.status === "needs_approval" || isTerminal(seen.status) ? seen : undefined;
    },
    { deadlineMs: 120_000 },
  );
  return {
    ...run,
    evidence: async (type) => {
      const artifact = run.artifacts.find(({ artifact_type }) => artifact_type === type);
      if (artifact === undefined) throw new Error(`the run left no ${type}`);
      const { body } = await runtime.api(
        `/api/runs/${runId}/artifacts/content?uri=${encodeURIComponent(artifact.uri)}`,
      );
      return typeof body === "string" ? body : JSON.stringify(body);
    },
  };
}
