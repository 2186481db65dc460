import * as z from "zod";
import { defineRuntime } from "../define-runtime.ts";
import { LEASE_TTL_SECONDS, REVIEW_TTL_SECONDS } from "../lease.ts";
import { ENDING_CODES, FAILURE_CODES, WAITING_FOR_SLOT } from "../reason-code.ts";
import { isTerminal, RUN_STATES, RUN_TRANSITIONS } from "../run-state.ts";
import type { RuntimeContractInput } from "../runtime-contract.ts";

/** Answer of `GET /api/slots/contract`. */
export const slotContractSchema = z.strictObject({
  slot_count: z.int().positive(),
  lease_ttl_seconds: z.int().positive(),
  review_ttl_seconds: z.int().positive(),
  slots: z.array(
    z.strictObject({
      slot_id: z.string(),
      alias: z.string(),
      host: z.string(),
      frontend_port: z.int(),
      backend_port: z.int(),
      frontend_url: z.url(),
      backend_url: z.url(),
      db_name: z.string(),
      worktree_path: z.string(),
      web_root: z.string(),
    }),
  ),
});
export type SlotContractView = z.infer<typeof slotContractSchema>;

export function slotContractView(contract: RuntimeContractInput): SlotContractView {
  const { slots } = defineRuntime(contract);
  return {
    slot_count: slots.length,
    lease_ttl_seconds: LEASE_TTL_SECONDS,
    review_ttl_seconds: REVIEW_TTL_SECONDS,
    slots: slots.map((slot) => ({
      slot_id: slot.id,
      alias: slot.alias,
      host: slot.host,
      frontend_port: slot.frontendPort,
      backend_port: slot.backendPort,
      frontend_url: slot.frontendUrl,
      backend_url: slot.backendUrl,
      db_name: slot.database,
      worktree_path: slot.worktree,
      web_root: slot.webRoot,
    })),
  };
}

const state = z.enum(RUN_STATES);

/** Answer of `GET /api/runs/contract`. */
export const runContractSchema = z.strictObject({
  states: z.array(
    z.strictObject({ state, terminal: z.boolean(), by_agent: z.array(state), by_system: z.array(state) }),
  ),
  failure_codes: z.array(z.string()),
  ending_codes: z.array(z.string()),
  queue_reasons: z.array(z.string()),
});
export type RunContractView = z.infer<typeof runContractSchema>;

export function runContractView(): RunContractView {
  return {
    states: RUN_STATES.map((name) => ({
      state: name,
      terminal: isTerminal(name),
      by_agent: [...RUN_TRANSITIONS[name].agent],
      by_system: [...RUN_TRANSITIONS[name].system],
    })),
    failure_codes: [...FAILURE_CODES],
    ending_codes: [...ENDING_CODES],
    queue_reasons: [WAITING_FOR_SLOT],
  };
}
