import * as z from "zod";
import { urlPath } from "./app-manifest.ts";
import { STEP_KINDS } from "./step-kinds.ts";

/** A process to start as the slot's user. `cwd` lies below the slot's worktrees. */
const processSchema = z.strictObject({
  argv: z.array(z.string()).min(1),
  cwd: z.string(),
  env: z.record(z.string(), z.string()),
});

/** A slot's backend. */
export const slotJobSchema = processSchema.extend({
  /** The path that answers 200 while it works. */
  health: urlPath.default("/health"),
});
export type SlotJob = z.infer<typeof slotJobSchema>;

export const stepRequestSchema = processSchema.extend({
  kind: z.enum(STEP_KINDS),
  timeout_ms: z.int().positive(),
});
export type StepRequest = z.infer<typeof stepRequestSchema>;

export const BACKEND_COMMANDS = ["start", "stop", "restart", "status", "health"] as const;
export type BackendCommand = (typeof BACKEND_COMMANDS)[number];

export const backendRequestSchema = z.strictObject({
  /** How long a start waits for the health URL to answer; 0 does not wait. */
  health_timeout_ms: z.int().min(0),
  /** Runs the job in another of the slot's worktrees than the one it was written for. */
  worktree_path: z.string().nullable(),
});

/** The one JSON object `preview-backend-runtime.sh` prints. */
export type BackendReport =
  | {
      ok: true;
      command: BackendCommand;
      slot_id: string;
      state: "running" | "stopped";
      /** True where the command found nothing to do. */
      already: boolean;
      pid: number | null;
      port: number;
      health_url: string;
      log_file: string;
      worktree_path: string | null;
      db_name: string;
    }
  | {
      ok: false;
      command: BackendCommand;
      slot_id: string;
      reason: string;
      error: { code: string; message: string; hint: string };
    };
