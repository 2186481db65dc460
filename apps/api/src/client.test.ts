import { mkdir, writeFile } from "node:fs/promises";
import { endRun, recordArtifact } from "@oroboros/control-store";
import {
  apiPort,
  artifactsPath,
  artifactUri,
  createClient,
  DIFF_REPORT,
  ENDPOINTS,
  loopbackUrl,
  RELEASE_MANIFEST_FILE,
  releasesPath,
  type Client,
  type EndpointName,
  type RunId,
  type SlotId,
} from "@oroboros/slot-contract";
import type { OpenApiDocument } from "@oroboros/slot-contract/openapi";
import { eventually } from "@oroboros/test-support";
import { afterEach, expect, test } from "vitest";
import { aReviewedRun, commit, LIVE } from "./testing/reviewed-run.ts";
import { aLiveRun, aRun, tokenOf, useApi } from "./testing/use-api.ts";

const api = useApi();
afterEach(() => api.clear());

/** What the api answered last, as it was sent. */
let sent: { status: number; body: unknown };
const client = createClient({
  baseUrl: loopbackUrl(apiPort(api.contract)),
  token: tokenOf("operator"),
  fetch: async (url, init) => {
    const { pathname, search, host } = new URL(url);
    const headers = new Headers(init.headers);
    headers.set("host", host);
    const response = await api.request(pathname + search, { ...init, headers });
    const isJson = (response.headers.get("content-type") ?? "").includes("json");
    sent = { status: response.status, body: isJson ? await response.clone().json() : await response.clone().text() };
    return response;
  },
});

/** One call of each method that succeeds. */
const CALLS: { [Name in EndpointName]: () => Promise<Awaited<ReturnType<Client[Name]>>> } = {
  health: () => client.health(),
  // Who asks while the machine stands still is told that it is not.
  ready: () => eventually(() => client.ready(), { deadlineMs: 60_000 }),

  listSlots: () => client.listSlots(),
  slotContract: () => client.slotContract(),
  acquireSlot: async () => client.acquireSlot({ body: { run_id: (await aRun(api.store)).runId } }),
  heartbeatSlot: async () => {
    const { slotId, runId } = await live();
    return client.heartbeatSlot({ params: { slot: slotId }, body: { run_id: runId } });
  },
  releaseSlot: async () => {
    const { slotId, runId } = await live();
    return client.releaseSlot({ params: { slot: slotId }, body: { run_id: runId } });
  },
  reapExpiredSlots: () => client.reapExpiredSlots(),
  replaceSlot: async () => {
    const { slotId } = await aReviewedRun(api.store);
    const { runId } = await aRun(api.store);
    return client.replaceSlot({ params: { slot: slotId }, body: { run_id: runId } });
  },

  createRun: () => client.createRun({ body: { title: "a run", branch: "feature", metadata: { why: ["because"] } } }),
  listRuns: async () => {
    await aReviewedRun(api.store);
    return client.listRuns({ query: { status: ["needs_approval", "queued"], limit: 5 } });
  },
  runContract: () => client.runContract(),
  getRun: async () => client.getRun({ params: { id: (await aReviewedRun(api.store)).runId } }),
  transitionRun: async () =>
    client.transitionRun({ params: { id: (await live()).runId }, body: { to_status: "testing" } }),
  cancelRun: async () => client.cancelRun({ params: await queued() }),
  expireRun: async () => client.expireRun({ params: await queued(), body: { reason: "too old" } }),
  extendRun: async () => client.extendRun({ params: await reviewed(), body: { hours: 2 } }),
  retryRun: async () => client.retryRun({ params: await ended("failed") }),
  resumeRun: async () => client.resumeRun({ params: await ended("expired") }),
  publishRun: async () => client.publishRun({ params: await reviewed(), body: { commit_sha: commit("2") } }),

  runDiff: async () => {
    const params = await reviewed();
    const file = { path: "a.ts", status: "added" as const, additions: 1, deletions: 0 };
    const diff = {
      run_id: params.id,
      base_sha: commit("0"),
      commit_sha: LIVE,
      files: [file],
      patch: "+",
      truncated: false,
    };
    await record(params.id, DIFF_REPORT, "diff_report.json", JSON.stringify(diff));
    return client.runDiff({ params });
  },
  runChecks: async () => client.runChecks({ params: await reviewed() }),
  runApprovals: async () => client.runApprovals({ params: await reviewed() }),
  runPreview: async () => client.runPreview({ params: await reviewed() }),
  approveRun: async () => client.approveRun({ params: await reviewed(), body: { commit_sha: LIVE, reason: "good" } }),
  rejectRun: async () => client.rejectRun({ params: await reviewed(), body: { reason: "not blue" } }),

  listEvents: async () => client.listEvents({ params: await reviewed(), query: { limit: 2, order: "desc" } }),
  streamEvents: async () => client.streamEvents({ params: await reviewed(), query: { follow: false } }),
  eventSchema: () => client.eventSchema(),
  listArtifacts: async () => {
    const params = await reviewed();
    await record(params.id, "preview_checkout_log", "checkout.log", "done");
    return client.listArtifacts({ params });
  },
  readArtifact: async () => {
    const params = await reviewed();
    const uri = await record(params.id, "preview_checkout_log", "checkout.log", "done");
    return client.readArtifact({ params, query: { uri } });
  },

  listWorktrees: () => client.listWorktrees(),
  assignWorktree: async () => {
    const { slotId, runId } = await aReviewedRun(api.store);
    return client.assignWorktree({ body: { slot_id: slotId, run_id: runId } });
  },
  cleanupWorktree: async () => client.cleanupWorktree({ params: { slot: await freeSlot() } }),
  listReleases: () => client.listReleases(),
  getRelease: async () => {
    const directory = `${releasesPath(api.contract)}/${LIVE}`;
    await mkdir(directory, { recursive: true });
    await writeFile(`${directory}/${RELEASE_MANIFEST_FILE}`, JSON.stringify(MANIFEST));
    return client.getRelease({ params: { release_id: LIVE } });
  },
  deploy: () => client.deploy({ body: { commit_sha: LIVE } }),
  rollback: () => client.rollback({ params: { release_id: LIVE } }),
  host: () => client.host(),
  listDatabaseResets: () => client.listDatabaseResets({ query: { limit: 3 } }),
  listDatabaseSnapshots: () => client.listDatabaseSnapshots(),

  openSession: () => client.openSession({ body: { token: tokenOf("viewer") } }),
  closeSession: () => client.closeSession(),

  coreMetrics: () => client.coreMetrics({ query: { window_hours: 2 } }),
  metrics: () => client.metrics(),
};

/** Agreed on, and refused by an installation that can not deploy. */
const NOT_SET_UP: readonly string[] = ["deploy", "rollback"];

test.each(Object.keys(CALLS).filter((name) => !NOT_SET_UP.includes(name)) as EndpointName[])(
  "%s answers what its schema says and nothing more, with a status that is described",
  async (name) => {
    const answer = await CALLS[name]();
    const { method, path, response } = ENDPOINTS[name];
    expect(answer instanceof Response ? await answer.text() : answer).toEqual(sent.body);
    expect(typeof sent.body).toBe(typeof response === "string" ? "string" : "object");
    const { paths } = (await api.call("/openapi.json")).body as OpenApiDocument;
    expect(Object.keys(paths[path]?.[method.toLowerCase()]?.responses ?? {})).toContain(String(sent.status));
  },
);

test.each(NOT_SET_UP as EndpointName[])("%s is refused where nothing can be deployed", async (name) => {
  await CALLS.getRelease();
  await expect(CALLS[name]()).rejects.toMatchObject({ name: "ApiError", status: 409, code: "not_set_up" });
});

const MANIFEST = {
  release_id: LIVE,
  commit_sha: LIVE,
  tree_sha: commit("3"),
  built_at: "2026-11-21T12:00:00.000Z",
  contract_hash: "a".repeat(64),
  migrations: { last: "0010-event-order", incompatible: false },
  files: {},
};

const queued = async (): Promise<{ id: RunId }> => ({ id: (await aRun(api.store)).runId });
const reviewed = async (): Promise<{ id: RunId }> => ({ id: (await aReviewedRun(api.store)).runId as RunId });

async function live(): Promise<{ slotId: SlotId; runId: RunId }> {
  const { run, lease } = await aLiveRun(api.store);
  return { slotId: lease.slotId, runId: run.runId };
}

async function ended(to: "failed" | "expired"): Promise<{ id: RunId }> {
  const { id } = await queued();
  await endRun(api.store, { runId: id, to, reasonCode: to === "failed" ? "UNKNOWN_ERROR" : "PREVIEW_EXPIRED" });
  return { id };
}

async function freeSlot(): Promise<SlotId> {
  return (
    await api.store
      .selectFrom("slot_leases")
      .select("slot_id")
      .where("expires_at", "is", null)
      .executeTakeFirstOrThrow()
  ).slot_id;
}

async function record(
  runId: RunId,
  artifactType: Parameters<typeof recordArtifact>[1]["artifactType"],
  file: string,
  text: string,
): Promise<string> {
  const directory = `${artifactsPath(api.contract)}/${runId}`;
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}/${file}`, text);
  const uri = artifactUri(runId, file);
  await recordArtifact(api.store, { runId, artifactType, uri, sizeBytes: text.length, attempt: 1 });
  return uri;
}
