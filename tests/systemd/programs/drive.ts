// Uses systemd's driver as whoever runs this: one request a line, and lines about it until it is done.
import { createInterface } from "node:readline";
import { systemdClient, unitPackageCache } from "@oroboros/host/systemd-client";
import { defineContract, OperatorError, parseSlotId } from "@oroboros/slot-contract";
import type { LeaseEpoch, StepRequest } from "@oroboros/slot-contract";

const contract = defineContract();
const slots = systemdClient({ contract, fetch });
const packages = unitPackageCache(contract);
const aborts = new Map<number, AbortController>();

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function act(id: number, op: string, args: Record<string, unknown>): Promise<unknown> {
  const slot = args["slot"] === undefined ? parseSlotId(contract, "preview-1") : parseSlotId(contract, args["slot"]);
  const lease = args["epoch"] === undefined ? {} : { leaseEpoch: String(args["epoch"]) as LeaseEpoch };
  switch (op) {
    case "step": {
      const abort = new AbortController();
      aborts.set(id, abort);
      return slots.runStep(slot, args["request"] as StepRequest, {
        ...lease,
        signal: abort.signal,
        onOutput: (stream, chunk) => say({ id, stream, chunk }),
      });
    }
    case "backend":
      return slots.backend(slot, args["command"] as "status", {
        ...lease,
        healthTimeoutMs: Number(args["healthTimeoutMs"] ?? 0),
        ...(args["worktreePath"] === undefined ? {} : { worktreePath: String(args["worktreePath"]) }),
      });
    case "tail":
      return slots.backendLogTail(slot, Number(args["lines"]));
    case "running":
      return slots.runningSteps(slot);
    case "purge":
      return slots.purge(slot, lease);
    case "fill":
      return packages.fill(String(args["key"]), args["lockfiles"] as []);
    case "remove":
      return packages.remove(String(args["key"]));
    default:
      throw new Error(`there is no ${op}`);
  }
}

say({ ready: process.geteuid?.() });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, op, args } = JSON.parse(line) as { id: number; op: string; args: Record<string, unknown> };
  if (op === "abort") aborts.get(Number(args["of"]))?.abort(new Error("run was canceled"));
  else
    void act(id, op, args).then(
      (result) => say({ id, result: result ?? null }),
      (error: unknown) => {
        const code = error instanceof OperatorError ? error.code : null;
        const message = error instanceof Error ? error.message : String(error);
        say({ id, error: { code, message, ...(error instanceof OperatorError && { hint: error.hint }) } });
      },
    );
}
