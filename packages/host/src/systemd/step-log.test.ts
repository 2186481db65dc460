import { appendFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@oroboros/test-support";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeTree } from "../remove-tree.ts";
import { MAX_LOG_BYTES } from "./log-lines.ts";
import { followStepLog } from "./step-log.ts";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "oroboros-step-log-"));
  path = join(directory, "log");
});
afterEach(() => removeTree(directory));

const line = (value: object): string => `${JSON.stringify(value)}\n`;
const said = (chunk: string): string => line({ stream: "stdout", chunk });

test("output comes while the step runs, in whatever pieces it was written", async () => {
  let text = "";
  const log = followStepLog(path, { jobId: "1", onOutput: (_stream, chunk) => (text += chunk) });
  await writeFile(path, line({ job_id: "1" }));
  await log.begun;
  const all = Buffer.from(said("grün ") + said("x".repeat(100_000)));
  for (let at = 0; at < all.length; at += 7_001) await appendFile(path, all.subarray(at, at + 7_001));
  await eventually(() => text.length === 100_005, { deadlineMs: 60_000 });
  await appendFile(path, said(" end") + line({ exit: { exit_code: 0, signal: null, out_of_memory: false } }));
  expect(await log.finish()).toMatchObject({ hasBegun: true, exit: { exit_code: 0 } });
  expect(text.startsWith("grün xxx") && text.endsWith("x end")).toBe(true);
});

test("the log of the job before is no log of this one", async () => {
  await writeFile(path, line({ job_id: "0" }) + said("old") + line({ exit: { exit_code: 9 } }));
  let text = "";
  const log = followStepLog(path, { jobId: "1", onOutput: (_stream, chunk) => (text += chunk) });
  await rm(path);
  await writeFile(path, line({ job_id: "1" }) + said("new"));
  await log.begun;
  expect(await log.finish()).toEqual({ hasBegun: true });
  expect(text).toBe("new");
});

test("a log that only refuses its job says why, and one that is not there says nothing", async () => {
  expect(await followStepLog(path, { jobId: "1" }).finish()).toEqual({ hasBegun: false });
  const error = { code: "path_refused", message: "a link", hint: "h" };
  await writeFile(path, line({ error }));
  expect(await followStepLog(path, { jobId: "1" }).finish()).toEqual({ hasBegun: false, error });
});

test("what is no line of the runner's is left out, half a line at the end included", async () => {
  let text = "";
  await writeFile(path, `${line({ job_id: "1" })}Segmentation fault\nnull\n17\n${said("a")}{"stream":"stdout","chu`);
  const log = followStepLog(path, { jobId: "1", onOutput: (_stream, chunk) => (text += chunk) });
  expect(await log.finish()).toEqual({ hasBegun: true });
  expect(text).toBe("a");
});

const TOO_LONG = /\[the log is too long: some of it is dropped\]/g;
const ENDED = { exit: { exit_code: 3, signal: null, out_of_memory: false } };

test.each([
  ["ends", "\n"],
  ["is cut off", ""],
])(
  "a line that is far too long costs no more than reading it, is dropped and said once: one that %s",
  async (_how, lineEnd) => {
    let text = "";
    await writeFile(path, line({ job_id: "1" }) + said("before"));
    // One long line of zeros, which takes no room.
    await truncate(path, 200_000_000);
    await appendFile(path, lineEnd === "" ? "" : `${lineEnd}${said("after")}${line(ENDED)}`);
    const log = followStepLog(path, { jobId: "1", onOutput: (_stream, chunk) => (text += chunk) });
    expect(await log.finish()).toEqual(lineEnd === "" ? { hasBegun: true } : { hasBegun: true, ...ENDED });
    expect(text.match(TOO_LONG)).toHaveLength(1);
    expect(text.replace(TOO_LONG, "").trim()).toMatch(lineEnd === "" ? /^before$/ : /^before\s+after$/);
  },
);

test("a log that goes on for ever is kept to its limit, and how the step ended is known all the same", async () => {
  let kept = 0;
  let notes = 0;
  const chunks = Array.from({ length: 200 }, () => said("x".repeat(10_000))).join("");
  await writeFile(path, line({ job_id: "1" }));
  for (let round = 0; round < 12; round += 1) await appendFile(path, chunks);
  await appendFile(path, line(ENDED));
  const onOutput = (_stream: string, chunk: string): void => {
    if (chunk.startsWith("x")) kept += chunk.length;
    else notes += 1;
  };
  expect(await followStepLog(path, { jobId: "1", onOutput }).finish()).toEqual({ hasBegun: true, ...ENDED });
  expect(notes).toBe(1);
  expect(kept).toBeGreaterThan(MAX_LOG_BYTES * 0.99);
  expect(kept).toBeLessThanOrEqual(MAX_LOG_BYTES);
});

test("the log of the job before is no log of this one, however long its first line is", async () => {
  await writeFile(path, "");
  await truncate(path, 200_000_000);
  expect(await followStepLog(path, { jobId: "1" }).finish()).toEqual({ hasBegun: false });
});
