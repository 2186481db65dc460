import { findRun, listArtifacts, listAttempts, listEvents, listRuns, listSlots } from "@oroboros/control-store";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { overview } from "../page/overview.ts";
import { runPage } from "../page/run-page.ts";
import { SCRIPT } from "../page/script.ts";
import { SHELL } from "../page/shell.ts";
import { STYLE } from "../page/style.ts";
import { runIdParameter, runNotFound } from "../parse-request.ts";
import { artifactView, attemptView, destructiveOf, eventView, runView, slotView } from "../run-view.ts";
import { pageHeaders } from "./page-headers.ts";

const RUNS_SHOWN = 30;
const EVENTS_SHOWN = 1_000;

/**
 * The operator's page: an empty shell that anyone may load, and fragments rendered here that need a token. On the console's https host
 * the token becomes the session's cookie; on plain http it stays in the tab, because a cookie of this port would be sent to the
 * previews' ports as well.
 */
export function pageRoutes(api: Api, { contract, store }: ApiContext): void {
  const viewer = authenticate(store, "viewer");
  const headers = pageHeaders("script-src 'self'", "connect-src 'self'");

  api.get("/", headers, (c) => c.html(SHELL));
  api.get("/ui/style.css", headers, (c) => c.body(STYLE, 200, { "content-type": "text/css; charset=utf-8" }));
  api.get("/ui/script.js", headers, (c) => c.body(SCRIPT, 200, { "content-type": "text/javascript; charset=utf-8" }));

  api.get("/ui/overview", headers, viewer, async (c) => {
    const [slots, runs] = await Promise.all([listSlots(store), listRuns(store, { limit: RUNS_SHOWN, offset: 0 })]);
    return c.html(
      overview(
        slots.map((slot) => slotView(contract, slot)),
        runs.items.map((run) => runView(contract, run)),
      ),
    );
  });

  api.get("/ui/runs/:id", headers, viewer, async (c) => {
    const runId = runIdParameter(c);
    const [run, events, artifacts, attempts] = await Promise.all([
      findRun(store, runId),
      listEvents(store, { runId, sinceId: "0", limit: EVENTS_SHOWN }),
      listArtifacts(store, runId),
      listAttempts(store, runId),
    ]);
    if (run === undefined) throw runNotFound(runId);
    return c.html(
      runPage(runView(contract, run), {
        attempts: attempts.map(attemptView),
        events: events.map(eventView),
        artifacts: artifacts.map(artifactView),
        destructive: destructiveOf(attempts),
      }),
    );
  });
}
