import { StringDecoder } from "node:string_decoder";
import {
  BACKEND_COMMANDS,
  backendRequestSchema,
  LEASE_EPOCH_HEADER,
  type LeaseEpoch,
  leaseEpochSchema,
  parseSlotId,
  type RuntimeContract,
  type SlotId,
  stepRequestSchema,
} from "@oroboros/slot-contract";
import { type Exchange, invalidRequest, type Route } from "./http.ts";
import type { Services } from "./services.ts";
import type { Slot } from "./slot.ts";

const MAX_LOG_LINES = 1_000;
/** Of each step's output; a hostile build may print for ever. */
const MAX_STEP_OUTPUT_BYTES = 8 * 1024 * 1024;
const BACKEND_PATH = new RegExp(`^/slots/(?<slot>[^/]+)/backend/(?<command>${BACKEND_COMMANDS.join("|")})$`);

export function slotRoutes(contract: RuntimeContract, slots: ReadonlyMap<SlotId, Slot>): Route[] {
  const find = ({ params }: Exchange): Slot => {
    const slot = slots.get(parseSlotId(contract, params["slot"]));
    if (slot === undefined) throw new Error("every slot of the contract was opened");
    return slot;
  };
  return [
    {
      method: "POST",
      path: /^\/slots\/(?<slot>[^/]+)\/steps$/,
      answer: (exchange) => streamStep(find(exchange), exchange),
    },
    {
      method: "GET",
      path: /^\/slots\/(?<slot>[^/]+)\/steps$/,
      answer: async (exchange) => ({ running: find(exchange).runningSteps() }),
    },
    {
      method: "POST",
      path: BACKEND_PATH,
      answer: async (exchange) => {
        const slot = find(exchange);
        const command = BACKEND_COMMANDS.find((each) => each === exchange.params["command"]);
        const request = backendRequestSchema.safeParse(await exchange.body());
        if (command === undefined || !request.success) throw invalidRequest("This is no backend command.");
        const { health_timeout_ms: healthTimeoutMs, worktree_path: worktreePath } = request.data;
        return slot.backend(command, { healthTimeoutMs, worktreePath, leaseEpoch: epochOf(exchange) });
      },
    },
    {
      method: "GET",
      path: /^\/slots\/(?<slot>[^/]+)\/backend\/log$/,
      answer: (exchange) => {
        const lines = Number(exchange.query.get("lines"));
        if (!Number.isInteger(lines) || lines < 1 || lines > MAX_LOG_LINES)
          throw invalidRequest("lines is no count of lines.");
        return find(exchange).backendLogTail(lines);
      },
    },
    {
      method: "POST",
      path: /^\/slots\/(?<slot>[^/]+)\/purge$/,
      answer: async (exchange) => {
        await find(exchange).purge(epochOf(exchange));
        return {};
      },
    },
  ];
}

/** The lease that whoever asks works under; an operator's own command names none. */
function epochOf({ header }: Exchange): LeaseEpoch | undefined {
  const presented = header(LEASE_EPOCH_HEADER);
  if (presented === undefined) return undefined;
  const epoch = leaseEpochSchema.safeParse(presented);
  if (!epoch.success) throw invalidRequest(`${LEASE_EPOCH_HEADER} is no lease epoch.`);
  return epoch.data;
}

export function adminRoutes(services: Services, shutdown: () => Promise<void>): Route[] {
  const name = ({ params }: Exchange): string => params["name"] ?? "";
  return [
    { method: "GET", path: /^\/services$/, answer: async () => services.list() },
    {
      method: "POST",
      path: /^\/services\/(?<name>[^/]+)\/start$/,
      answer: (exchange) => services.start(name(exchange)),
    },
    { method: "POST", path: /^\/services\/(?<name>[^/]+)\/stop$/, answer: (exchange) => services.stop(name(exchange)) },
    {
      method: "POST",
      path: /^\/shutdown$/,
      answer: async () => {
        await shutdown();
        return {};
      },
    },
  ];
}

/** Answers with one JSON line per piece of output and a last one with the exit. Whoever hangs up ends the step. */
async function streamStep(slot: Slot, exchange: Exchange): Promise<undefined> {
  const { body, response } = exchange;
  const request = stepRequestSchema.safeParse(await body());
  if (!request.success) throw invalidRequest("This is no step request.");
  const hungUp = new AbortController();
  response.once("close", () => hungUp.abort());
  const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  let bytes = 0;
  const send = (line: unknown): void => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.write(`${JSON.stringify(line)}\n`);
  };
  const exit = await slot.runStep(request.data, {
    signal: hungUp.signal,
    leaseEpoch: epochOf(exchange),
    onOutput: (stream, chunk) => {
      const room = MAX_STEP_OUTPUT_BYTES - bytes;
      if (room <= 0) return;
      bytes += chunk.length;
      send({ stream, chunk: decoders[stream].write(chunk.subarray(0, room)) });
      if (chunk.length >= room)
        send({ stream, chunk: `\n[more than ${MAX_STEP_OUTPUT_BYTES} bytes: the rest is dropped]\n` });
    },
  });
  const { exitCode, signal, timedOut, durationMs } = exit;
  send({ exit: { exit_code: exitCode, signal, timed_out: timedOut, duration_ms: durationMs } });
  response.end();
  return undefined;
}
