import { isTerminal, RUN_STATES, type RunId, type RunView } from "@oroboros/slot-contract";
import type { ApiClient } from "../api-client.ts";

const LIVE = RUN_STATES.filter((state) => !isTerminal(state));
const PAGE = 200;

/** The live run that does again what another one was asked for, as the api answers it to every further try. */
export async function findLiveChild(api: ApiClient, parent: RunId): Promise<RunView | undefined> {
  for (let offset = 0; ; offset += PAGE) {
    const { items, total } = await api.listRuns({ status: LIVE, limit: PAGE, offset });
    const child = items.find(({ parent_run_id: of }) => of === parent);
    if (child !== undefined || offset + PAGE >= total) return child;
  }
}
