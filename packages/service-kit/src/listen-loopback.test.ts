import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { OperatorError } from "@oroboros/slot-contract";
import { listenLoopback } from "./listen-loopback.ts";

test("a server listens on loopback only and knows its port", async () => {
  const server = aServer();
  const port = await listenLoopback(server, 0);
  expect(server.address()).toMatchObject({ address: "127.0.0.1", port });
});

test("a port that another process holds is refused, naming the process and the way out", async () => {
  const script = `require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port) })`;
  const squatter = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void squatter.kill());
  const [line] = (await once(squatter.stdout, "data")) as [Buffer];
  const refusal = await refusalOf(listenLoopback(aServer(), Number(line)));
  expect(refusal.code).toBe("port_taken");
  expect(refusal.message).toContain(`Port ${Number(line)} is already taken by process ${squatter.pid} (node)`);
  expect(refusal.message).not.toContain("createServer()");
  expect(refusal.hint).toContain("--port-offset");
});

test("a port held on all addresses is found as well", async () => {
  const holder = aServer();
  await once(holder.listen(0, "::"), "listening");
  const { port } = holder.address() as AddressInfo;
  expect((await refusalOf(listenLoopback(aServer(), port))).message).toContain(`process ${process.pid} (`);
});

function aServer(): Server {
  const server = createServer();
  onTestFinished(() => void server.close());
  return server;
}

async function refusalOf(attempt: Promise<unknown>): Promise<OperatorError> {
  const error = await attempt.catch((caught: unknown) => caught);
  if (error instanceof OperatorError) return error;
  throw new Error("The port was not refused.", { cause: error });
}
