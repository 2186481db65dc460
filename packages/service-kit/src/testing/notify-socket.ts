import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

/** Prints a line of JSON for each message, as the manager would read it. */
const RECEIVER = `
import json, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(json.dumps(receiver.recv(65536).decode()), flush=True)
`;

/** A datagram socket like systemd's own, and what was sent to it, without the barriers of systemd-notify. */
export async function aNotifySocket(): Promise<{ path: string; messages: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "notify-"));
  const path = join(folder, "notify");
  const receiver = spawn("python3", ["-c", RECEIVER, path], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(async () => {
    receiver.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });
  const lines = createInterface(receiver.stdout);
  await once(lines, "line");
  const messages: string[] = [];
  lines.on("line", (line) => {
    const message = JSON.parse(line) as string;
    if (!message.startsWith("BARRIER=")) messages.push(message);
  });
  return { path, messages };
}
