import { OperatorError, type RunEvent, type RunId } from "@oroboros/slot-contract";
import type { ApiClient } from "./api-client.ts";
import { paint, plain } from "./table.ts";

/** What one step of a publish has written down. */
export interface StepLog {
  step: string;
  /** Which of the run's publishes. */
  attempt: number;
  status: "ok" | "failed";
  artifact_uri: string;
  /** Null where it is not kept any more. */
  text: string | null;
}

/** The log that an event tells of; undefined for an event of another kind, or of another step than the one that is asked for. */
export async function stepLogOf(
  api: ApiClient,
  runId: RunId,
  { event, step }: { event: RunEvent; step: string | undefined },
): Promise<StepLog | undefined> {
  const { event_type: type, detail } = event;
  const uri = detail["artifact_uri"];
  if ((type !== "step_finished" && type !== "step_failed") || typeof uri !== "string") return undefined;
  if (step !== undefined && detail["step"] !== step) return undefined;
  return {
    step: String(detail["step"]),
    attempt: Number(detail["attempt"] ?? 1),
    status: type === "step_failed" ? "failed" : "ok",
    artifact_uri: uri,
    text: await textOf(api, runId, uri),
  };
}

async function textOf(api: ApiClient, runId: RunId, uri: string): Promise<string | null> {
  try {
    return await api.readArtifact(runId, uri);
  } catch (error) {
    if (error instanceof OperatorError && error.code === "artifact_not_found") return null;
    throw error;
  }
}

/** A step's log for a person: a heading, and a line for every line of it; what a branch wrote can not take over the terminal. */
export function describeLog({ step, attempt, status, text }: StepLog): string {
  const heading = paint.bold(`== ${plain(step)}, publish ${attempt}: ${status} ==`);
  const lines = text === null ? ["(its log is not kept any more)"] : text.split("\n").filter((line) => line !== "");
  return [heading, ...lines.flatMap(readable)].join("\n");
}

/** Logs are lines of JSON; a line that is none, cut off for its length say, is shown as it is. */
function readable(line: string): string[] {
  const entry = objectOf(line);
  if (entry === undefined) return [plain(line)];
  const { time, event, text, ...rest } = entry;
  const clock = plain(time).slice(11, 23);
  if (event === "output" && typeof text === "string") return outputLines(clock, text);
  const fields = Object.entries({ ...rest, ...(text === undefined ? {} : { text }) });
  const shown = fields.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [plain([clock, event, ...shown].join(" "))];
}

const outputLines = (clock: string, text: string): string[] =>
  text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => `${clock} | ${plain(line.replaceAll("\t", "    "))}`);

function objectOf(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
