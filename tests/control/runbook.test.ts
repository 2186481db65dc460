import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parseEnvFile, type RunDetail } from "@oroboros/slot-contract";
import { tinyApp } from "@oroboros/test-runtime";
import { eventually } from "@oroboros/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const REPOSITORY = resolve(import.meta.dirname, "../..");
/** Its own network, so that the ports are the ones the runbook names, whatever else listens on this machine. */
const NETWORK = `oroboros-runbook-${process.pid}`;
const DEADLINE = { deadlineMs: 60_000 };
const isRoot = process.getuid?.() === 0;

let scratch: string;
let root: string;

/** The runbook's blocks in their order. */
const BLOCKS = [
  ...readFileSync(join(REPOSITORY, "docs/runbook/README.md"), "utf8").matchAll(/```bash\n([^]*?)```/g),
].map(([, text]) =>
  String(text)
    .split("\n")
    .map((line) => line.trim())
    .join("\n")
    .trim(),
);
const blockWith = (word: string): string => {
  const found = BLOCKS.filter((block) => block.includes(word));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} blocks have ${word}`);
  return found[0];
};

function bash(command: string): Promise<{ status: number; stdout: string; stderr: string }> {
  const argv = ["netns", "exec", NETWORK, "bash", "-c", `set -o pipefail\n${command}`];
  // What an operator's shell has; above all no token.
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], OROBOROS_ROOT: root };
  return new Promise((done) => {
    execFile("ip", argv, { cwd: REPOSITORY, env, maxBuffer: 16_777_216 }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

async function typed(block: string, names: Record<string, string> = {}): Promise<string> {
  const command = Object.entries(names).reduce((text, [name, value]) => text.replaceAll(`<${name}>`, value), block);
  const { status, stdout, stderr } = await bash(command);
  expect(status, `${command}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

const typedJson = async (block: string, names: Record<string, string> = {}): Promise<unknown> =>
  JSON.parse(await typed(block, names));

describe.runIf(isRoot)("the runbook's blocks, typed as they stand by root without a token", () => {
  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "oroboros-runbook-"));
    root = mkdtempSync("/var/tmp/oroboros-runbook-");
    rmSync(root, { recursive: true });
    await machine("ip", ["netns", "add", NETWORK]);
    await machine("ip", ["-n", NETWORK, "link", "set", "lo", "up"]);
    await typed(`scripts/oroboros runtime up --json --port-offset 0 --root ${root}`);
    for (const [path, text] of Object.entries(tinyApp())) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), text);
    }
    const git = `git -C ${scratch} -c user.name=test -c user.email=test@localhost`;
    await typed(
      `git init -q -b main ${scratch} && ${git} add . && ${git} commit -qm main && ${git} push -q ${root}/srv/oroboros/repo main`,
    );
  });
  afterAll(async () => {
    await bash(`scripts/oroboros runtime down --json --remove --root ${root}`);
    await machine("ip", ["netns", "delete", NETWORK]).catch(() => undefined);
    rmSync(scratch, { recursive: true, force: true });
  });

  let slot: string;
  let holder: string;

  test("occupancy says who holds a slot, and readiness that all is well", async () => {
    ({ run_id: holder, slot_id: slot } = await aPreview("first"));
    const slots = (await typedJson(blockWith("/api/slots | python3"))) as object[];
    expect(slots).toContainEqual(expect.objectContaining({ slot_id: slot, run_id: holder, lease_state: "held" }));
    expect(await typedJson(blockWith("/health/ready"))).toMatchObject({
      status: "ok",
      postgres: true,
      dispatcher: true,
    });
    await typed(blockWith("8090/health"));
  });

  test("reaping ends a run whose lease ran out, and frees its slot", async () => {
    expect(await typedJson(blockWith("reap-expired"))).toEqual({ expired_count: 0, expired_slots: [] });
    const { DATABASE_URL } = parseEnvFile(readFileSync(`${root}/etc/oroboros/worker.env`, "utf8"));
    await typed(
      `psql -q "${DATABASE_URL}" -c "update slot_leases set expires_at = clock_timestamp() where slot_id = '${slot}'"`,
    );
    await typedJson(blockWith("reap-expired"));
    await eventually(async () => (await run(holder)).status === "expired", DEADLINE);
  });

  test("releasing cancels the run that holds the slot, once, and no other", async () => {
    ({ run_id: holder, slot_id: slot } = await aPreview("second"));
    const release = blockWith("/release");
    const other = "00000000-0000-4000-8000-000000000000";
    expect(await typedJson(release, { slot_id: slot, run_id: other })).toMatchObject({ reason: "held_by_other_run" });
    expect((await run(holder)).status).toBe("needs_approval");
    expect(await typedJson(release, { slot_id: slot, run_id: holder })).toMatchObject({ released: true });
    expect((await run(holder)).status).toBe("canceled");
    expect(await typedJson(release, { slot_id: slot, run_id: holder })).toMatchObject({ released: false });
  });

  test("what happened to a run is told twice the same, and the audit log is whole", async () => {
    const { items } = (await typedJson(blockWith("/events?"), { run_id: holder })) as { items: { event_id: string }[] };
    const streamed = await typed(blockWith("/events/stream"), { run_id: holder });
    expect([...streamed.matchAll(/^id: ?([0-9]+)$/gm)].map(([, id]) => id)).toEqual(items.map((item) => item.event_id));
    expect(await typedJson(blockWith("audit verify"))).toMatchObject({ ok: true });
  });

  test("a slot's backend is restarted and asked about", async () => {
    const { slot_id: live } = await aPreview("third");
    const on = (block: string): string => block.replaceAll("preview-1", live);
    expect(await typedJson(on(blockWith("runtime.sh restart")))).toMatchObject({ ok: true });
    expect(await typedJson(on(blockWith("runtime.sh status")))).toMatchObject({ ok: true, slot_id: live });
    expect(await typedJson(on(blockWith("migrate.sh")))).toMatchObject({ ok: true });
  });

  test("where the slots' data comes from is told, and that it and the server are as they should be", async () => {
    const resets = { ok: true, items: expect.arrayContaining([expect.objectContaining({ slot_id: slot })]) };
    expect(await typedJson(blockWith("db resets"))).toMatchObject(resets);
    expect(await typedJson(blockWith("db audit"))).toMatchObject({ ok: true, findings: [] });
    expect(await typedJson(blockWith("oroboros doctor"))).toMatchObject({ ok: true });
    expect(await typedJson(blockWith("db snapshot list"))).toMatchObject({ ok: true, items: [] });
  });
});

async function aPreview(title: string): Promise<{ run_id: string; slot_id: string }> {
  const { run_id } = (await typedJson(`scripts/oroboros runs create --json --wait --title ${title}`)) as RunDetail;
  const { status, slot_id } = await run(run_id);
  expect(status).toBe("needs_approval");
  return { run_id, slot_id: String(slot_id) };
}

const run = async (runId: string): Promise<RunDetail> =>
  (await typedJson(`curl -fsS http://127.0.0.1:8000/api/runs/${runId}`)) as RunDetail;

function machine(program: string, args: string[]): Promise<void> {
  return new Promise((done, failed) => {
    execFile(program, args, (error) => (error === null ? done() : failed(error)));
  });
}
