export const BACKEND_JOB = "/run/oroboros/slots/preview-1/backend.json";
export const LISTENING = "listening";

/** What the worker writes for a slot's backend, whose program is a script of Node's. */
export function backendJob({
  slot = 1,
  status = 200,
  script,
}: { slot?: number; status?: number; script?: string } = {}): string {
  const worktree = `/srv/oroboros/worktrees/preview-${slot}.d`;
  const server = `require("node:http").createServer((q, s) => s.writeHead(${status}, { location: "/elsewhere" }).end())
    .listen(process.env.SLOT_BACKEND_PORT, "127.0.0.1", () => console.log("${LISTENING}"))`;
  return JSON.stringify({
    argv: ["node", "-e", script ?? server],
    cwd: worktree,
    env: {
      SLOT_ID: `preview-${slot}`,
      SLOT_NUM: String(slot),
      SLOT_BACKEND_PORT: String(8100 + slot),
      SLOT_DB_NAME: `app_preview_${slot}`,
      SLOT_WORKTREE_PATH: worktree,
      SLOT_COMMIT_SHA: "a".repeat(40),
      DATABASE_URL: `postgresql://slot:pw@127.0.0.1:5432/app_preview_${slot}`,
      CORS_ALLOWED_ORIGINS: "",
      NODE_OPTIONS: "--inspect",
    },
  });
}
