import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { eventually } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { connectionOwner, type Connection } from "./connection-owner.ts";

interface Ends {
  /** The end that asks who the other one is. */
  ours: Socket;
  theirs: Socket;
}

async function aConnection(host = "127.0.0.1"): Promise<Ends> {
  const server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const theirs = connect({ port: (server.address() as AddressInfo).port, host, allowHalfOpen: true });
  const [ours] = (await once(server, "connection")) as [Socket];
  ours.resume();
  onTestFinished(() => {
    for (const socket of [ours, theirs]) socket.destroy();
    server.close();
  });
  return { ours, theirs };
}

const connectionOf = ({
  localAddress = "",
  localPort = 0,
  remoteAddress = "",
  remotePort = 0,
}: Socket): Connection => ({
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
});
const ownerOf = ({ ours }: Ends): Promise<number | undefined> => connectionOwner(connectionOf(ours));

test("whoever made the socket at the other end owns the connection", async () => {
  expect(await ownerOf(await aConnection())).toBe(process.getuid?.());
});

test("a socket of IPv6 that speaks to an IPv4 address is found as well", async () => {
  expect(await ownerOf(await aConnection("::ffff:127.0.0.1"))).toBe(process.getuid?.());
});

test("a connection whose other end has stopped sending, or is closed, is nobody's", async () => {
  const shut = await aConnection();
  shut.theirs.end();
  await once(shut.ours, "end");
  expect(await ownerOf(shut)).toBeUndefined();
  const closed = await aConnection();
  const connection = connectionOf(closed.ours);
  closed.theirs.destroy();
  await eventually(async () => (await connectionOwner(connection)) === undefined, { deadlineMs: 60_000 });
});

test("a connection that is established and that its other end has not taken yet is nobody's", async () => {
  const listening = `const server = require("node:net").createServer().listen(0, "127.0.0.1", () => {
    require("node:fs").writeSync(1, String(server.address().port));
    process.kill(process.pid, "SIGSTOP");
  });`;
  const stopped = spawn(process.execPath, ["-e", listening], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void stopped.kill("SIGKILL"));
  const [port] = (await once(stopped.stdout, "data")) as [Buffer];
  const ours = connect({ port: Number(port), host: "127.0.0.1" });
  onTestFinished(() => void ours.destroy());
  await once(ours, "connect");
  expect(await connectionOwner(connectionOf(ours))).toBeUndefined();
});

test("a connection that ends while its other end is looked for in IPv6's table is nobody's", async () => {
  const ends = await aConnection("::ffff:127.0.0.1");
  const closed = once(ends.ours, "close");
  const tables = {
    readTcp: () => readFile("/proc/self/net/tcp", "latin1"),
    readTcp6: async () => {
      const table = await readFile("/proc/self/net/tcp6", "latin1");
      for (const socket of [ends.ours, ends.theirs]) socket.destroy();
      await closed;
      return table;
    },
  };
  expect(await connectionOwner(connectionOf(ends.ours), tables)).toBeUndefined();
});

const tableOf = (name: "tcp" | "tcp6"): Promise<string> => readFile(`/proc/self/net/${name}`, "latin1");

/** The row of a table that leads from one port to another, in place of which others come. */
function instead(table: string, [from, to]: [number, number], rows: (columns: string[]) => string[][]): string {
  const ends = [from, to].map((port) => `:${port.toString(16).padStart(4, "0").toUpperCase()}`);
  const lines = table.split("\n").flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const isIt = ends.every((end, index) => columns[index + 1]?.endsWith(end));
    return isIt ? rows(columns).map((row) => row.join(" ")) : [line];
  });
  return lines.join("\n");
}

test("a connection whose ports are another one's once IPv6's table was read is nobody's", async () => {
  const { ours } = await aConnection("::ffff:127.0.0.1");
  const connection = connectionOf(ours);
  let readings = 0;
  const readTcp = async (): Promise<string> => {
    readings += 1;
    const table = await tableOf("tcp");
    if (readings === 1) return table;
    return instead(table, [connection.localPort, connection.remotePort], (row) => [row.with(9, "1")]);
  };
  expect(await connectionOwner(connection, { readTcp, readTcp6: () => tableOf("tcp6") })).toBeUndefined();
  expect(readings).toBe(2);
});

test.each(["ours", "theirs"] as const)("where %s stands twice in the table it is read again", async (end) => {
  const { ours } = await aConnection();
  const connection = connectionOf(ours);
  const { localPort, remotePort } = connection;
  const ports: [number, number] = end === "ours" ? [localPort, remotePort] : [remotePort, localPort];
  const ownerAfter = async (doubled: number): Promise<number | undefined> => {
    let readings = 0;
    const readTcp = async (): Promise<string> => {
      readings += 1;
      const table = await tableOf("tcp");
      return readings > doubled ? table : instead(table, ports, (row) => [row, row.with(7, "4000000")]);
    };
    return connectionOwner(connection, { readTcp, readTcp6: () => tableOf("tcp6") });
  };
  expect(await ownerAfter(1)).toBe(process.getuid?.());
  expect(await ownerAfter(Infinity)).toBeUndefined();
});

test("another connection than the one that is there is nobody's", async () => {
  const connection = connectionOf((await aConnection()).ours);
  const { remotePort } = connection;
  for (const changed of [
    { remotePort: remotePort === 65_535 ? 1 : remotePort + 1 },
    { remoteAddress: "127.0.0.2" },
    { localAddress: "127.0.0.2" },
    { remoteAddress: "::1" },
    { remoteAddress: "127.0.0.999" },
    { remoteAddress: "" },
  ])
    expect([changed, await connectionOwner({ ...connection, ...changed })]).toEqual([changed, undefined]);
});
