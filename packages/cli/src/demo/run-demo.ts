import { downEmbedded, upEmbedded, type Clock, type EmbeddedRuntime, type UpRequest } from "@oroboros/operations";
import { OperatorError, type RunDetail } from "@oroboros/slot-contract";
import { createApiClient } from "../api-client.ts";
import type { World } from "../world.ts";
import { followRun, type StepReport } from "./follow-run.ts";
import { DEMO_BRANCH, pushExample, type DemoSource } from "./scratch-repository.ts";

export interface DemoRequest extends Omit<UpRequest, "clock" | "detached" | "onlyNew"> {
  clock: Clock;
  onInterrupt: World["onInterrupt"];
  example: DemoSource;
  /** Leave everything running at the end. */
  keep: boolean;
}

export interface DemoReport {
  run_id: string;
  slot_id: string;
  commit_sha: string;
  branch: string;
  frontend_url: string;
  backend_url: string;
  operator_url: string;
  answered: { url: string; status: number }[];
  steps: StepReport[];
  total_ms: number;
  kept: boolean;
  root: string;
  /** Where branches are pushed to. */
  repository: string;
  operator_token?: string;
}

/** The main job, start to end: bring a runtime up, publish a branch of the example by its commit, look at it, take it down. */
export async function runDemo(request: DemoRequest): Promise<DemoReport> {
  const startedAt = request.clock.now();
  const takeDown = (): Promise<unknown> => downEmbedded({ contract: request.contract, remove: true });
  const forgetInterrupt = request.keep ? () => undefined : request.onInterrupt(takeDown);
  const runtime = await upEmbedded({ ...request, detached: request.keep, onlyNew: true });
  try {
    const commitSha = await pushExample(request.contract, request.example);
    const { run, steps } = await publishExample(request, runtime, commitSha);
    const live = liveRun(run);
    const urls = [live.frontend_url, `${live.frontend_url}/api/items`, `${runtime.api_url}/health`];
    const answered = await lookAt(request, urls);
    return {
      ...live,
      branch: DEMO_BRANCH,
      answered,
      steps,
      total_ms: Math.round(request.clock.now() - startedAt),
      kept: request.keep,
      root: runtime.root,
      repository: runtime.repository,
      ...operatorAccess(request, runtime),
    };
  } finally {
    // Kept also when the publish fails: that is when the evidence is wanted.
    if (!request.keep) await takeDown();
    forgetInterrupt();
  }
}

/** The token is only told where there will be something left to open with it. */
function operatorAccess(
  { keep }: DemoRequest,
  { api_url, operator_token }: EmbeddedRuntime,
): Pick<DemoReport, "operator_url" | "operator_token"> {
  if (!keep) return { operator_url: api_url };
  return { operator_url: `${api_url}/#token=${operator_token}`, operator_token };
}

async function publishExample(
  request: DemoRequest,
  runtime: EmbeddedRuntime,
  commitSha: string,
): Promise<{ run: RunDetail; steps: StepReport[] }> {
  const api = createApiClient({ baseUrl: runtime.api_url, token: runtime.agent_token, fetch: request.fetch });
  request.onStage(`publishing ${DEMO_BRANCH} at ${commitSha.slice(0, 12)}`);
  const { run_id } = await api.createRun({ title: "Let items be urgent", branch: DEMO_BRANCH, commit_sha: commitSha });
  return followRun(api, run_id, {
    onStep: ({ name, status, ms }) => request.onStage(`  ${name}: ${status} in ${ms} ms`),
    sleep: (ms) => request.clock.sleep(ms, AbortSignal.timeout(ms * 2)),
  });
}

function liveRun(
  run: RunDetail,
): Pick<DemoReport, "run_id" | "slot_id" | "commit_sha" | "frontend_url" | "backend_url"> {
  const { run_id, slot_id, commit_sha, frontend_url, backend_url } = run;
  if (
    run.status === "needs_approval" &&
    slot_id !== null &&
    commit_sha !== null &&
    frontend_url !== null &&
    backend_url !== null
  ) {
    return { run_id, slot_id, commit_sha, frontend_url, backend_url };
  }
  throw new OperatorError(
    "run_failed",
    `The run ended as ${run.status} (${run.failure_reason_code ?? "no reason"}): ${run.failure_message ?? ""}`,
    {
      hint: "Keep the installation to look at the evidence: ./scripts/demo.sh --keep",
    },
  );
}

async function lookAt(request: DemoRequest, urls: string[]): Promise<DemoReport["answered"]> {
  const answered = await Promise.all(
    urls.map(async (url) => ({ url, status: (await request.fetch(url, { redirect: "manual" })).status })),
  );
  const silent = answered.filter(({ status }) => status !== 200);
  if (silent.length === 0) return answered;
  throw new OperatorError(
    "run_failed",
    `The preview is up, but ${silent.map(({ url, status }) => `${url} answered ${status}`).join(", ")}.`,
    {
      hint: "Keep the installation to look at the evidence: ./scripts/demo.sh --keep",
    },
  );
}
