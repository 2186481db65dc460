import { Agent, request } from "node:http";

/** What came of all requests of one run. */
export interface LoadResult {
  readonly sent: number;
  readonly answered: number;
  /** How many failed, by what the client was told. */
  readonly failures: Readonly<Record<string, number>>;
  readonly slowestMs: number;
}

/** Lost is what is not answered; on a machine that is busy with other things an answer may take its time. */
const TIMEOUT_MS = 120_000;
const TICK_MS = 10;
/** Who all came at once in the beginning. */
const CLIENTS = 64;
/** Whoever started this is told when so many were answered. */
const WELL_UNDER_WAY = 200;
/** Two seconds of 500 a second: a service is back sooner. What a starved machine has no time for does not pile up without end. */
const MOST_AT_ONCE = 1_000;
/** A client that is held up does not use a connection that has rested for longer: one may be closed that rested for a server's whole linger. */
const MAY_REST_MS = 1_000;

const [url = "", perSecond = "", atLeast = "", connections = ""] = process.argv.slice(2);
// Without a limit: a request never waits for another one's connection, as those of many clients do not. Each of the clients that keep
// their connection uses it now and then: the one that rested longest comes next.
const agent =
  connections === "keep-alive"
    ? new Agent({ keepAlive: true, scheduling: "fifo", maxFreeSockets: CLIENTS })
    : new Agent({ keepAlive: false });
const restsSince = new WeakMap<object, number>();
agent.on("free", (socket) => restsSince.set(socket, performance.now()));
const failures: Record<string, number> = {};
let sent = 0;
let answered = 0;
let slowestMs = 0;
let atOnce = 0;
let isTold = false;

// Whoever started this says when enough has happened by closing our input.
process.stdin.once("end", () => (isTold = true)).resume();

await sendAtPace();
const result: LoadResult = { sent, answered, failures, slowestMs: Math.round(slowestMs) };
console.log(JSON.stringify(result));
process.exit(0);

/** An open loop, as long as the machine keeps up: requests leave by the clock, whatever became of those before. */
async function sendAtPace(): Promise<void> {
  const start = performance.now();
  const underWay = Array.from({ length: CLIENTS }, sendOne);
  sent = CLIENTS;
  while (!isTold || sent < Number(atLeast)) {
    const due = Math.floor(((performance.now() - start) / 1_000) * Number(perSecond));
    while (sent < due && atOnce < MOST_AT_ONCE) {
      sent += 1;
      underWay.push(sendOne());
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(underWay);
}

async function sendOne(): Promise<void> {
  const start = performance.now();
  closeRested(start - MAY_REST_MS);
  atOnce += 1;
  const outcome = await statusOf(url);
  atOnce -= 1;
  slowestMs = Math.max(slowestMs, performance.now() - start);
  if (outcome === "200") answered += 1;
  if (answered === WELL_UNDER_WAY) console.log("well under way");
  if (outcome !== "200") failures[outcome] = (failures[outcome] ?? 0) + 1;
}

function closeRested(since: number): void {
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) if ((restsSince.get(socket) ?? Infinity) < since) socket.destroy();
}

/** A status once the whole body is there, or the error's code. Nothing is tried again. */
function statusOf(target: string): Promise<string> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    const asked = request(target, { agent, timeout: TIMEOUT_MS }, (answer) => {
      answer
        .once("error", fail)
        .once("end", () => resolve(String(answer.statusCode)))
        .resume();
    });
    asked
      .once("timeout", () => asked.destroy(new Error("timeout")))
      .once("error", fail)
      .end();
  });
}
