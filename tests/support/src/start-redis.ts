import { once } from "node:events";
import { chown } from "node:fs/promises";
import { connect } from "node:net";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { requireBinary, startServer, UNPRIVILEGED_UID } from "./start-server.ts";
import { makeTempDir, removeDir } from "./temp-dir.ts";

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** A real Redis of its own on a free port, keeping nothing on disk. */
export async function startRedis(): Promise<TestRedis> {
  const binary = requireBinary("/usr/bin/redis-server");
  const directory = await makeTempDir();
  if (process.getuid?.() === 0) await chown(directory, UNPRIVILEGED_UID, UNPRIVILEGED_UID);
  const port = await freePort();
  const keepNothing = ["--save", "", "--appendonly", "no"];
  const server = startServer([binary, "--bind", "127.0.0.1", "--port", String(port), ...keepNothing], directory);
  await eventually(() => server.hasExited() || answersPing(port), { deadlineMs: 15_000 });
  if (server.hasExited()) throw new Error(`Redis did not start:\n${server.output()}`);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop: async () => {
      await server.stop();
      await removeDir(directory);
    },
  };
}

async function answersPing(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write("PING\r\n");
    const [answer] = await once(socket, "data");
    return String(answer).startsWith("+PONG");
  } finally {
    socket.destroy();
  }
}
