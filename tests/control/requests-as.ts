import { spawn } from "node:child_process";

export interface Finished {
  status: number | null;
  stdout: string;
}

/** Runs a program as this numeric user and nobody else's group, as the supervisor starts a slot's. */
export function runAs(uid: number, program: string, ...args: string[]): Promise<Finished> {
  const user = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups", "--no-new-privs"];
  return run("setpriv", [...(uid === 0 ? [] : user), program, ...args]);
}

function run(program: string, args: readonly string[]): Promise<Finished> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"], cwd: "/" });
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk));
    child.once("error", failed);
    child.once("close", (status) => done({ status, stdout }));
  });
}

/** The status that a bare `curl`, with these arguments more, is answered with. */
export async function curlAs(uid: number, url: string, ...args: string[]): Promise<number> {
  const bare = ["--silent", "--max-time", "60", "--output", "/dev/null", "--write-out", "%{http_code}"];
  return Number((await runAs(uid, "curl", ...bare, ...args, url)).stdout);
}

/** What a process needs to send one request many times, each on a connection that it closes at once. */
export const CLOSES_AT_ONCE = `
const [port, times] = process.argv.slice(1).map(Number);
const body = JSON.stringify({ title: "closed at once" });
const request = "POST /api/runs HTTP/1.1\\r\\nhost: 127.0.0.1:" + port + "\\r\\ncontent-type: application/json\\r\\ncontent-length: " +
  body.length + "\\r\\n\\r\\n" + body;
for (let sent = 0; sent < times; sent += 1)
  await new Promise((closed) => {
    const socket = require("node:net").connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.once("close", closed);
    socket.write(request, () => socket.destroy());
  });
`;
