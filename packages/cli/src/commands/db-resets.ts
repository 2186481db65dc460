import { listResetsQuerySchema, MAX_SLOTS, type DatabaseResetView } from "@oroboros/slot-contract";
import { parseSlot } from "../command-input.ts";
import type { RunCommand } from "../command.ts";
import { connectApi } from "../connect-api.ts";
import { parseOptions } from "../parse-options.ts";
import { table } from "../table.ts";

const SHORT_HASH = 12;
const HEADINGS = ["reset", "when", "slot", "status", "from", "template", "content", "ms", "epoch", "run", "why"];

export const dbResets: RunCommand = async (context) => {
  const { input } = context;
  const slot = input.optionalText("slot");
  const query = parseOptions("db resets", listResetsQuerySchema, {
    // How many slots there are, the api knows.
    ...(slot === undefined ? {} : { slot: parseSlot({ slotCount: MAX_SLOTS }, input, "--slot") }),
    limit: input.optionalText("limit"),
    offset: input.optionalText("offset"),
  });
  const list = await (await connectApi(context)).listResets(query);
  const none = slot === undefined ? "No database was reset yet." : `No database of ${query.slot} was reset yet.`;
  return { ok: true, fields: list, text: list.total === 0 ? none : table(HEADINGS, list.items.map(rowOf)) };
};

const rowOf = (reset: DatabaseResetView): unknown[] => [
  reset.reset_id,
  reset.created_at,
  reset.slot_id,
  reset.reset_status,
  sourceOf(reset),
  short(reset.details["template_hash"]),
  short(reset.details["content_fingerprint"]),
  reset.details["duration_ms"],
  reset.lease_epoch,
  reset.run_id,
  whyOf(reset),
];

function sourceOf({ strategy, seed_version: seed, snapshot_version: snapshot }: DatabaseResetView): string {
  return `${strategy} ${(strategy === "seed" ? seed : snapshot) ?? "none"}`;
}

const short = (hash: unknown): string | null => (typeof hash === "string" ? hash.slice(0, SHORT_HASH) : null);

/** The code of a failure, and what it said, or what a database still lacked then; all of it is in the JSON object. */
function whyOf({ reset_status: status, details }: DatabaseResetView): string | null {
  const { code, message, still_to_come: rest } = details;
  if (status === "succeeded") return Array.isArray(rest) ? `still to come: ${rest.join(", ")}` : null;
  return [code, message].filter((part) => typeof part === "string").join(": ") || null;
}
