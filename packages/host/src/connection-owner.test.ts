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
  await eventually(async () => (await connectionOwner(connection)) === undefined, { deadlineMs: 5_000 });
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
