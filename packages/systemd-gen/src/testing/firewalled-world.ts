import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";

// A program of its own: it wants a network and an /etc/passwd of its own. It takes one JSON argument and prints one JSON object.

interface Request {
  /** The rules to load; null leaves the network open. */
  rules: string | null;
  users: string[];
  loopbackPorts: number[];
  /** Addresses of another machine, which listens on every one of `outsidePorts`. */
  outside: string[];
  outsidePorts: number[];
  targets: Record<string, Target>;
  /** Who listens where, for somebody else to be heard by root. */
  squats: { user: string; port: number }[];
  /** Whom nobody is to hear, as the answer names them: nothing comes of them, and the shorter wait is enough. */
  silent: { heard: string[]; served: string[] };
}
interface Target {
  address: string;
  port: number;
  udp?: boolean;
}
type Outcome = "open" | "refused" | "silent";

const OWN_ADDRESS = "198.51.100.1";
/** How long silence is listened to, and how long an answer is waited for, which a busy machine may let wait. */
const SILENCE_MS = 1_500;
const PATIENCE_MS = 20_000;

if (process.argv[2] === "listen") await listenOnEveryAddress((process.argv[3] ?? "").split(",").map(Number));
else process.stdout.write(JSON.stringify(await live(JSON.parse(process.argv[2] ?? "") as Request)));

async function live(request: Request): Promise<object> {
  const peer = await connectPeer(request);
  // Like PID 1: what root accepts here is root's.
  const here = await listening([process.execPath, import.meta.filename, "listen", request.loopbackPorts.join(",")]);
  if (request.rules !== null) execFileSync("nft", ["-f", request.rules]);
  const reached: Record<string, Record<string, Outcome>> = {};
  for (const user of request.users) reached[user] = await as(user, () => attemptAll(request.targets));
  const heard: Record<string, Outcome> = {};
  for (const { user, port } of request.squats) {
    const server = await as(user, () => listen(port, "127.0.0.1"));
    const name = `${user} on ${port}`;
    heard[name] = await attempt({ address: "127.0.0.1", port }, patienceFor(request.silent.heard, name));
    server.close();
  }
  const answered = await served(peer.pid ?? 0, request);
  for (const child of [here, peer]) child.kill();
  return { reached, heard, served: answered };
}

async function attemptAll(targets: Record<string, Target>): Promise<Record<string, Outcome>> {
  const outcomes = Object.entries(targets).map(async ([name, target]) => [name, await attempt(target)] as const);
  return Object.fromEntries(await Promise.all(outcomes));
}

/** Whether another machine is answered by a program of each user that listens on every address. */
async function served(peer: number, { users, silent }: Request): Promise<Record<string, boolean>> {
  const asked: Promise<[string, boolean]>[] = [];
  for (const user of users) {
    const server = await as(user, () => listen(0, "0.0.0.0"));
    const { port } = server.address() as AddressInfo;
    const answered = isAnswered(peer, port, patienceFor(silent.served, user)).finally(() => server.close());
    asked.push(answered.then((isSo) => [user, isSo]));
  }
  return Object.fromEntries(await Promise.all(asked));
}

function patienceFor(silent: readonly string[], name: string): number {
  return silent.includes(name) ? SILENCE_MS : PATIENCE_MS;
}

async function isAnswered(peer: number, port: number, patienceMs: number): Promise<boolean> {
  const curl = ["curl", "--silent", "--max-time", String(patienceMs / 1_000), `telnet://${OWN_ADDRESS}:${port}`];
  const asked = spawn("nsenter", ["--target", String(peer), "--net", ...curl], { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  asked.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(asked, "close");
  return said === "here";
}

/** Another machine, at the other end of a cable. */
async function connectPeer({ outside, outsidePorts }: Request) {
  const ip = (...args: string[]): void => void execFileSync("ip", args);
  const listen = [process.execPath, import.meta.filename, "listen", outsidePorts.join(",")];
  const peer = await listening(["unshare", "--net", ...listen]);
  const there = (...args: string[]): void =>
    void execFileSync("nsenter", ["--target", String(peer.pid), "--net", "ip", ...args]);
  ip("link", "set", "lo", "up");
  ip("link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", String(peer.pid));
  ip("address", "add", `${OWN_ADDRESS}/24`, "dev", "cable");
  ip("address", "add", "2001:db8::1/64", "dev", "cable", "nodad");
  for (const address of outside)
    there("address", "add", address, "dev", "cable", ...(address.includes(":") ? ["nodad"] : []));
  for (const run of [ip, there]) {
    run("link", "set", "cable", "up");
    run("route", "add", "default", "dev", "cable");
    run("-6", "route", "add", "default", "dev", "cable");
  }
  return peer;
}

/** A socket belongs to whom its process acts for when it is made (`inode->i_uid`). */
async function as<T>(user: string, act: () => Promise<T>): Promise<T> {
  process.seteuid?.(uidOf(user));
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}

function uidOf(user: string): number {
  const entry = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((line) => line.startsWith(`${user}:`));
  return Number(entry?.split(":")[2]);
}

function attempt(target: Target, patienceMs = PATIENCE_MS): Promise<Outcome> {
  return target.udp === true ? askByDatagram(target, patienceMs) : askByStream(target, patienceMs);
}

function askByStream({ address, port }: Target, patienceMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const settle = (outcome: Outcome): void => {
      clearTimeout(patience);
      socket.destroy();
      resolve(outcome);
    };
    const patience = setTimeout(settle, patienceMs, "silent");
    socket.on("data", () => settle("open"));
    socket.on("error", () => settle("refused"));
  });
}

function askByDatagram({ address, port }: Target, patienceMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    const settle = (outcome: Outcome): void => {
      clearTimeout(patience);
      socket.close();
      resolve(outcome);
    };
    const patience = setTimeout(settle, patienceMs, "silent");
    socket.on("message", () => settle("open"));
    socket.on("error", () => settle("refused"));
    // Not connected: an answer may come from another of the other's addresses.
    socket.send("anybody?", port, address, (error) => void (error !== null && settle("refused")));
  });
}

/** Starts a program that says when it listens, and ends when this one does. */
async function listening([program = "", ...args]: readonly string[]) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

async function listenOnEveryAddress(ports: readonly number[]): Promise<void> {
  const listeners: { close: () => unknown }[] = [];
  for (const port of ports) {
    const socket = createSocket("udp6", (message, from) => socket.send(message, from.port, from.address));
    socket.bind(port);
    await once(socket, "listening");
    listeners.push(socket, await listen(port, "::"));
  }
  process.stdout.write("listening");
  await once(process.stdin.resume(), "end");
  for (const listener of listeners) listener.close();
}

async function listen(port: number, address: string) {
  const server = createServer((socket) => socket.on("error", () => undefined).end("here"));
  server.listen(port, address);
  await once(server, "listening");
  return server;
}
