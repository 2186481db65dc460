import {
  createClient,
  OperatorError,
  type CommitSha,
  type CreateRunRequest,
  type DatabaseResetList,
  type PublishRunResponse,
  type ReleaseSlotResponse,
  type ReplaceSlotResponse,
  type Role,
  type RunDetail,
  type RunEvent,
  type RunId,
  type RunState,
  type RunView,
  type SlotId,
  type SlotView,
} from "@oroboros/slot-contract";
import { apiError } from "./api-error.ts";
import { readEventStream } from "./follow/read-event-stream.ts";
import { untilSilent } from "./follow/until-silent.ts";
import { runActionsClient, type RunActionsClient } from "./run-actions-client.ts";

export interface ApiClient extends RunActionsClient {
  /** With a key the same request can be sent again where its answer was lost, and makes one run. */
  createRun(run: CreateRunRequest, idempotencyKey?: string): Promise<RunView>;
  listRuns(filter: {
    status?: RunState[] | undefined;
    route?: string | undefined;
    limit: number;
    offset: number;
  }): Promise<RunList>;
  showRun(runId: RunId): Promise<RunDetail>;
  cancelRun(runId: RunId): Promise<RunView>;
  /** Asks for another publish of a live run: of this commit, or of its branch's head. */
  publishRun(runId: RunId, commitSha: CommitSha | undefined): Promise<PublishRunResponse>;
  /** The oldest events after `sinceId`, one page of them. */
  listEvents(runId: RunId, sinceId: string): Promise<RunEvent[]>;
  /** The events after `sinceId` as they happen, until the run has ended or the stream breaks off. */
  streamEvents(runId: RunId, sinceId: string): AsyncIterable<RunEvent>;
  /** The content of an artifact. */
  readArtifact(runId: RunId, uri: string): Promise<string>;
  listSlots(): Promise<SlotView[]>;
  /** What the slots' databases were made from, newest first. */
  listResets(filter: { slot?: string | undefined; limit: number; offset: number }): Promise<DatabaseResetList>;
  releaseSlot(slot: SlotId, runId: RunId | undefined): Promise<ReleaseSlotResponse>;
  reapExpiredSlots(): Promise<{ expired_count: number; expired_slots: string[] }>;
  replaceSlot(slot: SlotId, runId: RunId): Promise<ReplaceSlotResponse>;
  /** Whose token this is. Nothing is changed by asking. */
  whoAmI(): Promise<{ label: string; role: Role }>;
  /** Where the api serves an artifact's content. */
  artifactUrl(runId: RunId, uri: string): string;
}

interface RunList {
  items: RunView[];
  total: number;
  limit: number;
  offset: number;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** Three heartbeats of the api. */
const STREAM_SILENCE_MS = 45_000;
const TOKEN = /^[\x21-\x7E]+$/;

/** @throws OperatorError `invalid_environment` for a URL or token that can not be used; neither is printed. */
export function createApiClient({
  baseUrl,
  token,
  fetch,
}: {
  baseUrl: string;
  token: string;
  fetch: typeof globalThis.fetch;
}): ApiClient {
  const origin = apiOrigin(baseUrl);
  const client = createClient({
    baseUrl: origin,
    token: usableToken(token),
    fetch: (url, init) => fetch(url, { ...init, signal: init.signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS) }),
  });
  const told = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      throw apiError(origin, error);
    }
  };
  return {
    ...runActionsClient(client, told),
    createRun: (body, idempotencyKey) =>
      told(client.createRun({ body, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) })),
    listRuns: (query) => told(client.listRuns({ query })),
    showRun: (id) => told(client.getRun({ params: { id } })),
    cancelRun: (id) => told(client.cancelRun({ params: { id } })),
    publishRun: (id, commitSha) =>
      told(client.publishRun({ params: { id }, body: commitSha === undefined ? {} : { commit_sha: commitSha } })),
    listEvents: async (id, sinceId) =>
      (await told(client.listEvents({ params: { id }, query: { since_id: sinceId } }))).items,
    streamEvents: async function* (id, sinceId) {
      // It lasts as long as the run does: only its beginning has a deadline.
      const opened = new AbortController();
      const deadline = setTimeout(() => opened.abort(), REQUEST_TIMEOUT_MS);
      const asked = client.streamEvents({ params: { id }, query: { since_id: sinceId }, signal: opened.signal });
      const { body } = await told(asked).finally(() => clearTimeout(deadline));
      if (body !== null) yield* readEventStream(untilSilent(body, STREAM_SILENCE_MS));
    },
    readArtifact: (id, uri) => told(client.readArtifact({ params: { id }, query: { uri } })),
    listSlots: () => told(client.listSlots()),
    listResets: (query) => told(client.listDatabaseResets({ query })),
    releaseSlot: (slot, runId) =>
      told(client.releaseSlot({ params: { slot }, body: runId === undefined ? {} : { run_id: runId } })),
    reapExpiredSlots: () => told(client.reapExpiredSlots()),
    replaceSlot: (slot, runId) => told(client.replaceSlot({ params: { slot }, body: { run_id: runId } })),
    whoAmI: () => told(client.openSession({ body: { token } })),
    artifactUrl: (id, uri) => `${origin}/api/runs/${id}/artifacts/content?${new URLSearchParams({ uri })}`,
  };
}

function apiOrigin(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const isPlain = url?.username === "" && url.password === "" && /^https?:$/.test(url.protocol);
  if (isPlain && url.pathname === "/" && url.search === "" && url.hash === "") return url.origin;
  throw new OperatorError("invalid_environment", "OROBOROS_API_URL is no address of an api.", {
    hint: "Set it to scheme, host and port only, such as http://127.0.0.1:<port>.",
  });
}

function usableToken(token: string): string {
  if (TOKEN.test(token)) return token;
  throw new OperatorError(
    "invalid_environment",
    "OROBOROS_TOKEN is no token: it is empty or has blanks or line breaks in it.",
    {
      hint: "Make a token with: oroboros token create --role operator --label me",
    },
  );
}
