import { OperatorError, openSessionRequestSchema } from "@oroboros/slot-contract";
import type { Api, ApiContext } from "../api-context.ts";
import { authenticate } from "../authenticate.ts";
import { HOW_TO_GET_ONE, principalOfToken, refusal } from "../identify.ts";
import { parseBody } from "../parse-request.ts";
import { closeSession, openSession } from "../session-cookie.ts";

/** The page's exchange of a token for a cookie, on https hosts; elsewhere it learns whose token it is and keeps it itself. */
export function sessionRoutes(api: Api, { store }: ApiContext): void {
  api.post("/api/session", async (c) => {
    const { token } = await parseBody(c, openSessionRequestSchema);
    const principal = await principalOfToken(store, token);
    if (principal === undefined) {
      throw await refusal(
        c,
        new OperatorError("not_authenticated", "The token is not known here.", { hint: HOW_TO_GET_ONE }),
      );
    }
    openSession(c, token);
    return c.json({ label: principal.label, role: principal.role });
  });

  api.delete("/api/session", authenticate(store, "viewer"), (c) => c.json({ closed: closeSession(c) }));
}
