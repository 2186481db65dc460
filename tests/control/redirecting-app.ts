import { tinyApp } from "@oroboros/test-runtime";

/** When the backend of a hostile branch answers with a redirect: to whatever asks for its health, for the smoke check, or only once it is live. */
export type Hostility = "health" | "heartbeat" | "read back" | "once it is told to";

const TURNS: Record<Hostility, string> = {
  health: `request.url.endsWith("/health")`,
  heartbeat: `request.method === "POST" && request.url.endsWith("/heartbeat")`,
  "read back": `request.method === "GET" && request.url === "/api/slots"`,
  "once it is told to": "told",
};

/** The tiny application, whose backend sends whoever asks on to these addresses in turn, method and body kept (307). */
export function redirectingApp(when: Hostility, targets: readonly string[]): Record<string, string> {
  return tinyApp((app) => {
    // One that is never ready is waited for so long; the others have to be, on a busy machine as well.
    app.manifest.backend.readyTimeoutSeconds = when === "health" ? 4 : 20;
    app.files["server/server.mjs"] = `
import { createServer } from "node:http";
const { SLOT_ID, SLOT_BACKEND_PORT, SLOT_COMMIT_SHA } = process.env;
const targets = ${JSON.stringify(targets)};
let lease = null, told = false, sent = 0;
createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  if (request.url === "/api/turn") told = true;
  if (${TURNS[when]}) return response.writeHead(307, { location: targets[sent++ % targets.length] }).end();
  if (request.method === "POST" && body !== "") lease = { slot_id: SLOT_ID, run_id: JSON.parse(body).run_id };
  const answer = request.url === "/api/slots" ? [lease] : request.method === "POST" ? { heartbeat_updated: true } : { status: "ok", slot_id: SLOT_ID };
  const headers = { "content-type": "application/json", "x-oroboros-slot": SLOT_ID, "x-oroboros-commit": SLOT_COMMIT_SHA };
  response.writeHead(200, headers).end(JSON.stringify(answer));
}).listen(Number(SLOT_BACKEND_PORT), "127.0.0.1");
`;
  });
}
