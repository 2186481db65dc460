import { once } from "node:events";
import { chown } from "node:fs/promises";
import { connect } from "node:net";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { requireBinary, startServer, UNPRIVILEGED_UID, type ServerProcess } from "./start-server.ts";
import { makeTempDir, removeDir } from "./temp-dir.ts";

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
  /** Kills it and starts it again on its port: everything it knew is gone. */
  readonly restart: () => Promise<void>;
  readonly flushAll: () => Promise<void>;
}

/** A real Redis of its own on a free port, keeping nothing on disk. */
export async function startRedis(): Promise<TestRedis> {
  const binary = requireBinary("/usr/bin/redis-server");
  const directory = await makeTempDir();
  if (process.getuid?.() === 0) await chown(directory, UNPRIVILEGED_UID, UNPRIVILEGED_UID);
  const port = await freePort();
  const keepNothing = ["--save", "", "--appendonly", "no"];
  const start = async (): Promise<ServerProcess> => {
    const started = startServer([binary, "--bind", "127.0.0.1", "--port", String(port), ...keepNothing], directory);
    await eventually(async () => started.hasExited() || (await answer(port, "PING")).startsWith("+PONG"), {
      deadlineMs: 60_000,
    });
    if (started.hasExited()) throw new Error(`Redis did not start:\n${started.output()}`);
    return started;
  };
  let server = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    restart: async () => {
      await server.kill();
      server = await start();
    },
    flushAll: async () => {
      const said = await answer(port, "FLUSHALL");
      if (!said.startsWith("+OK")) throw new Error(`Redis answered ${said}`);
    },
    stop: async () => {
      await server.stop();
      await removeDir(directory);
    },
  };
}

async function answer(port: number, command: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write(`${command}\r\n`);
    const silence = once(socket, "close").then(() => [""]);
    const [said] = await Promise.race([once(socket, "data"), silence]);
    return String(said);
  } finally {
    socket.destroy();
  }
}
