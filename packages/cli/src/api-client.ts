import {
  eventListSchema,
  OperatorError,
  publishRunResponseSchema,
  releaseSlotResponseSchema,
  runDetailSchema,
  runListSchema,
  runViewSchema,
  slotViewSchema,
  type CommitSha,
  type CreateRunRequest,
  type PublishRunResponse,
  type ReleaseSlotResponse,
  type RunDetail,
  type RunEvent,
  type RunId,
  type RunView,
  type SlotId,
  type SlotView,
} from "@oroboros/slot-contract";
import { requestApi, type ApiAddress } from "./request-api.ts";

export interface ApiClient {
  createRun(run: CreateRunRequest): Promise<RunView>;
  listRuns(filter: {
    statuses: readonly string[];
    limit?: string | undefined;
    offset?: string | undefined;
  }): Promise<RunList>;
  showRun(runId: RunId): Promise<RunDetail>;
  cancelRun(runId: RunId): Promise<RunView>;
  /** Asks for another publish of a live run: of this commit, or of its branch's head. */
  publishRun(runId: RunId, commitSha: CommitSha | undefined): Promise<PublishRunResponse>;
  /** The oldest events after `sinceId`, one page of them. */
  listEvents(runId: RunId, sinceId: string): Promise<RunEvent[]>;
  listSlots(): Promise<SlotView[]>;
  releaseSlot(slot: SlotId, runId: RunId | undefined): Promise<ReleaseSlotResponse>;
  /** Where the api serves an artifact's content. */
  artifactUrl(runId: RunId, uri: string): string;
}

interface RunList {
  items: RunView[];
  total: number;
  limit: number;
  offset: number;
}

const slotListSchema = slotViewSchema.array();
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
  const api: ApiAddress = { origin: apiOrigin(baseUrl), token: usableToken(token), fetch };
  const run = (runId: RunId): string => `/api/runs/${runId}`;
  return {
    createRun: (body) => requestApi(api, "POST", "/api/runs", runViewSchema, body),
    listRuns: ({ statuses, limit, offset }) => {
      const query = new URLSearchParams(statuses.map((status): [string, string] => ["status", status]));
      if (limit !== undefined) query.set("limit", limit);
      if (offset !== undefined) query.set("offset", offset);
      return requestApi(api, "GET", `/api/runs?${query}`, runListSchema);
    },
    showRun: (runId) => requestApi(api, "GET", run(runId), runDetailSchema),
    cancelRun: (runId) => requestApi(api, "POST", `${run(runId)}/cancel`, runViewSchema, {}),
    publishRun: (runId, commitSha) =>
      requestApi(
        api,
        "POST",
        `${run(runId)}/publish`,
        publishRunResponseSchema,
        commitSha === undefined ? {} : { commit_sha: commitSha },
      ),
    listEvents: async (runId, sinceId) =>
      (await requestApi(api, "GET", `${run(runId)}/events?since_id=${sinceId}`, eventListSchema)).items,
    listSlots: () => requestApi(api, "GET", "/api/slots", slotListSchema),
    releaseSlot: (slot, runId) =>
      requestApi(
        api,
        "POST",
        `/api/slots/${slot}/release`,
        releaseSlotResponseSchema,
        runId === undefined ? {} : { run_id: runId },
      ),
    artifactUrl: (runId, uri) => `${api.origin}${run(runId)}/artifacts/content?${new URLSearchParams({ uri })}`,
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
