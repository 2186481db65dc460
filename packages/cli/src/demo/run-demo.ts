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
export async function runDemo(asked: DemoRequest): Promise<DemoReport> {
  const startedAt = asked.clock.now();
  const { request, forget } = interruptible(asked);
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
    if (!request.keep) await downEmbedded({ contract: request.contract, remove: true });
    forget();
  }
}

/**
 * Stops at the next stage once somebody interrupts, so that what was started is taken down in order; a second interrupt kills.
 *
 * @throws OperatorError `interrupted`, from `onStage` and the clock's `sleep`.
 */
function interruptible(asked: DemoRequest): { request: DemoRequest; forget: () => void } {
  const interrupt = new AbortController();
  const forget = asked.onInterrupt(() => interrupt.abort(interrupted(asked)));
  const clock: Clock = {
    ...asked.clock,
    sleep: (ms, signal) => {
      interrupt.signal.throwIfAborted();
      return asked.clock.sleep(ms, signal);
    },
  };
  const onStage = (stage: string): void => {
    interrupt.signal.throwIfAborted();
    asked.onStage(stage);
  };
  return { request: { ...asked, clock, onStage }, forget };
}

function interrupted({ keep, contract }: DemoRequest): OperatorError {
  const left = `Take down what is left with: oroboros runtime down --remove --root ${contract.root}`;
  return new OperatorError("interrupted", "The demo was interrupted.", {
    hint: keep ? left : "What it had started is removed again. Start over with: ./scripts/demo.sh",
  });
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
