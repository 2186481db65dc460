import { runCommand, type CommandResult } from "@oroboros/host";
import { destructiveStatementSchema, type DestructiveStatement } from "@oroboros/slot-contract";
import type { Context } from "../context.ts";

/** What is known of one migration. */
export interface MigrationRead {
  statements: DestructiveStatement[];
  /** Why it could not be read, or not in whole. */
  notAnalysed: string | null;
  /** Whether it would be the same another time; not so where time or memory ran out. */
  isFinal: boolean;
}

export type GuardContext = Pick<Context, "migrationGuard" | "clock" | "log">;

/** How long one process may read, and all of them: what is not read by then stays unread, because somebody waits for the publish. */
const LIMITS = { childMs: 8_000, allMs: 20_000 };
const BATCH_LENGTH = 1024 * 1024;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Reads migrations with the guard's process, and with another one where that ended before it had read all. The one that a process dies
 * of, or does not end with, is told as not analysed; the ones after it are read.
 */
export async function readMigrations(
  context: GuardContext,
  texts: readonly string[],
  signal?: AbortSignal,
  { childMs, allMs }: typeof LIMITS = LIMITS,
): Promise<MigrationRead[]> {
  const { clock, log } = context;
  const endsAt = clock.now() + allMs;
  const read: MigrationRead[] = [];
  while (read.length < texts.length) {
    const leftMs = endsAt - clock.now();
    if (leftMs <= 0 || signal?.aborted === true) return [...read, ...texts.slice(read.length).map(() => NO_TIME)];
    const timeoutMs = Math.min(childMs, Math.ceil(leftMs));
    const result = await runGuard(context, batchOf(texts.slice(read.length)), { timeoutMs, signal });
    const lines = linesOf(result.stdout);
    read.push(...lines);
    if (lines.length > 0) continue;
    log.warn(
      { exit_code: result.exitCode, signal: result.signal, stderr: result.stderr.slice(-2_000) },
      "a migration could not be read",
    );
    read.push(unread(howItEnded(result, timeoutMs)));
  }
  return read;
}

const unread = (notAnalysed: string): MigrationRead => ({ statements: [], notAnalysed, isFinal: false });
const NO_TIME = unread("there was no time left to read it");

/** As many as are read at once, and at least one. */
function batchOf(texts: readonly string[]): string[] {
  let length = 0;
  return texts.filter((text, index) => {
    length += text.length;
    return index === 0 || length <= BATCH_LENGTH;
  });
}

function runGuard(
  { migrationGuard }: GuardContext,
  texts: readonly string[],
  limits: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<CommandResult> {
  const input = JSON.stringify(texts);
  return runCommand({ argv: migrationGuard, cwd: "/", env: {}, input, maxOutputBytes: MAX_OUTPUT_BYTES, ...limits });
}

/** A line that the process was killed at is none. */
function linesOf(stdout: string): MigrationRead[] {
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const { statements, notAnalysed } = JSON.parse(line) as { statements: unknown; notAnalysed: string | null };
      return { statements: destructiveStatementSchema.array().parse(statements), notAnalysed, isFinal: true };
    });
}

function howItEnded({ timedOut, aborted, signal, exitCode }: CommandResult, timeoutMs: number): string {
  if (timedOut || aborted) return `it could not be read within ${Math.round(timeoutMs / 1_000)} s`;
  return `the program that reads it ended with ${signal ?? exitCode}`;
}
