import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { endOfRun, runScript, startRuntime, tinyApp } from "@oroboros/test-runtime";
import { eventually, takePortOffset } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const rootOf = (offset: number): string => `/var/tmp/oroboros-${process.getuid?.()}-${offset}`;
const up = (offset: number) =>
  runScript("scripts/oroboros", ["runtime", "up", "--json", "--port-offset", String(offset)]);
const down = (offset: number, ...args: string[]) =>
  runScript("scripts/oroboros", ["runtime", "down", "--json", "--port-offset", String(offset), ...args]);

test("an installation that is stopped and started again still has its runs, its repository and its preview", async () => {
  const offset = await takePortOffset();
  const runtime = await startRuntime({ portOffset: offset, root: rootOf(offset), main: tinyApp() });
  onTestFinished(() => down(offset, "--remove").then(() => undefined));
  const run = await endOfRun(runtime, { title: "stays" });
  expect(run.status, String(run.failure_message)).toBe("needs_approval");

  expect((await down(offset)).json).toMatchObject({ ok: true, stopped: true, removed: false });
  const demo = await runScript("scripts/demo.sh", ["--json", "--port-offset", String(offset)]);
  expect(demo.json).toMatchObject({ ok: false, error: { code: "installation_exists" } });
  expect(demo.exitCode).toBe(5);
  const elsewhere = ["runtime", "up", "--json", "--root", rootOf(offset), "--port-offset", String(offset + 1)];
  expect((await runScript("scripts/oroboros", elsewhere)).json).toMatchObject({ error: { code: "invalid_contract" } });
  const cliEnvironment = `${rootOf(offset)}/etc/oroboros/cli.env`;
  const written = await readFile(cliEnvironment, "utf8");
  await writeFile(cliEnvironment, written.replace(/^(OROBOROS_AGENT_TOKEN)=.*$/m, `$1=oro_${"0".repeat(64)}`));
  const again = await up(offset);
  expect(again.json, again.stdout + again.stderr).toMatchObject({
    ok: true,
    resumed: true,
    operator_token: runtime.operatorToken,
    renewed_tokens: ["agent"],
  });

  expect((await runtime.api("/api/runs")).body).toMatchObject({ total: 1 });
  expect(await (await fetch(String(run.frontend_url))).text()).toContain("tiny page");
  expect((await fetch(`${run.frontend_url}/api/health`)).headers.get("x-oroboros-commit")).toBe(run.commit_sha);
  const second = await endOfRun(runtime, { title: "goes on" });
  expect(second.status).toBe("needs_approval");
  await runtime.stop();
});

test("of two starts at the same moment one wins, and the other leaves it alone", async () => {
  const offset = await takePortOffset();
  onTestFinished(() => down(offset, "--remove").then(() => undefined));
  const both = await Promise.all([up(offset), up(offset)]);
  const winners = both.filter(({ exitCode }) => exitCode === 0);
  const losers = both.filter(({ exitCode }) => exitCode !== 0);
  expect(winners).toHaveLength(1);
  expect(losers[0]?.json).toMatchObject({ ok: false, error: { code: "already_running" } });
  expect((await runScript("scripts/oroboros", ["slots", "list", "--json", "--root", rootOf(offset)])).exitCode).toBe(0);
  expect((await down(offset, "--remove")).json).toMatchObject({ stopped: true, removed: true });
  expect(existsSync(rootOf(offset))).toBe(false);
});

test.each([["SIGINT"], ["SIGTERM"]] as const)(
  "a demo that is ended by %s in the middle leaves nothing behind",
  async (signal) => {
    const offset = await takePortOffset();
    const demo = spawn(join(REPOSITORY, "scripts/demo.sh"), ["--json", "--port-offset", String(offset)], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let stdout = "";
    demo.stdout.on("data", (chunk: Buffer) => (stdout += chunk));
    const ended = once(demo, "close");
    await eventually(() => existsSync(join(rootOf(offset), "etc/oroboros/supervisor.json")), { deadlineMs: 120_000 });
    demo.kill(signal);
    expect(await ended).toEqual([130, null]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: "interrupted" } });
    expect(existsSync(rootOf(offset))).toBe(false);
    expect((await down(offset)).json).toMatchObject({ stopped: false });
  },
);
