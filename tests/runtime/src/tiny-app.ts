/** The smallest application that passes every step: no packages to install, a page and one plain Node backend. */
export interface TinyApp {
  manifest: {
    name: string;
    frontend: { dir: string; install: string[]; build: string[]; dist: string };
    backend: { dir: string; install: string[]; start: string[]; readyTimeoutSeconds: number };
    database: { migrations: string; seeds: Record<string, string> };
  };
  files: Record<string, string>;
}

const BUILD = `
import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("dist/assets", { recursive: true });
writeFileSync("dist/index.html", "<!doctype html><title>tiny</title><p>tiny page");
console.log("built with", process.env.VITE_API_BASE_URL);
`;

const BACKEND = `
import { createServer } from "node:http";
const { SLOT_ID, SLOT_BACKEND_PORT, SLOT_COMMIT_SHA, DATABASE_URL } = process.env;
let lease = null;
createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const reply = (value) => response
    .writeHead(200, { "content-type": "application/json", "x-oroboros-slot": SLOT_ID, "x-oroboros-commit": SLOT_COMMIT_SHA })
    .end(JSON.stringify(value));
  if (request.method === "POST") {
    lease = { slot_id: SLOT_ID, run_id: JSON.parse(body).run_id };
    return reply({ heartbeat_updated: true });
  }
  if (request.url === "/api/slots") return reply([lease]);
  reply({ status: "ok", slot_id: SLOT_ID, pid: process.pid, uid: process.getuid(), database: new URL(DATABASE_URL).pathname });
}).listen(Number(SLOT_BACKEND_PORT), "127.0.0.1", () => console.log("tiny backend listens"));
`;

export function tinyApp(change: (app: TinyApp) => void = () => undefined): Record<string, string> {
  const app: TinyApp = {
    manifest: {
      name: "tiny",
      frontend: { dir: "web", install: ["true"], build: ["node", "build.mjs"], dist: "dist" },
      backend: { dir: "server", install: ["true"], start: ["node", "server.mjs"], readyTimeoutSeconds: 60 },
      database: { migrations: "migrations", seeds: { v1: "seeds/v1.sql" } },
    },
    files: {
      "web/build.mjs": BUILD,
      "server/server.mjs": BACKEND,
      "migrations/0001_notes.sql": "create table notes (id int primary key, body text not null);\n",
      "seeds/v1.sql": "insert into notes values (1, 'seeded');\n",
    },
  };
  change(app);
  return { "oroboros.app.json": JSON.stringify(app.manifest, null, 2), ...app.files };
}
