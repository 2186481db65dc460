import { expect, test } from "vitest";
import { operatorErrorOf } from "./report-error.ts";
import { plain, table } from "./table.ts";
import { apiServer, json } from "./testing/api-server.ts";
import { oneObject, runHere } from "./testing/run-here.ts";

const ESCAPE = "\u001B";
const slot = {
  slot_id: "preview-1",
  state: "idle",
  run_id: null,
  lease_state: "free",
  lease_epoch: "4",
  expires_at: null,
  heartbeat_at: null,
  frontend_url: "http://127.0.0.1:3101",
  backend_url: "http://127.0.0.1:8101",
};

test("a person gets a table, a pipe gets one object, and --json gives a person the object", async () => {
  await using api = await apiServer(json(200, [slot]));
  const environment = { OROBOROS_API_URL: api.url, OROBOROS_TOKEN: "t" };
  const seen = await runHere(["slots", "list"], environment, { isTerminal: true });
  expect(seen.stdout).toMatch(/SLOT +STATE[^]*preview-1 +idle +free/);
  const piped = await runHere(["slots", "list"], environment, { isTerminal: false });
  expect(oneObject(piped.stdout)).toEqual({ ok: true, command: "slots list", slots: [slot] });
  const asked = await runHere(["slots", "list", "--json"], environment, { isTerminal: true });
  expect(asked.stdout).toBe(piped.stdout);
});

test("--version is answered for a person and for a program", async () => {
  const seen = await runHere(["--version"], {}, { isTerminal: true });
  expect(seen).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^oroboros \d+\.\d+\.\d+\n$/) });
  const piped = oneObject((await runHere(["--version"])).stdout);
  expect(piped).toEqual({ ok: true, command: "version", version: seen.stdout.trim().replace("oroboros ", "") });
});

test("colour is for terminals that want it", async () => {
  const coloured = await runHere(["frob"], {}, { isTerminal: true });
  expect(coloured.stderr).toContain(ESCAPE);
  expect((await runHere(["frob"], { NO_COLOR: "1" }, { isTerminal: true })).stderr).not.toContain(ESCAPE);
  expect((await runHere(["frob"], {}, { isTerminal: false })).stdout).not.toContain(ESCAPE);
});

test("an error tells a person its code, what happened and what to type next", async () => {
  const { exitCode, stdout, stderr } = await runHere(["runs", "show", "x"], { NO_COLOR: "1" }, { isTerminal: true });
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toBe(
    'runs show: invalid_request\n  <run_id> can not be "x": give the id of a run, such as 0b6c6e6e-6d4e-4a43-9d4f-0a4f4b1a5c11.\n  List the runs with: oroboros runs list\n',
  );
});

test("a backend command prints its object on a terminal too", async () => {
  const { stdout } = await runHere(
    ["backend", "status", "--slot", "preview-1", "--root", "/nonexistent"],
    {},
    { isTerminal: true },
  );
  expect(oneObject(stdout)).toMatchObject({
    ok: false,
    command: "status",
    slot_id: "preview-1",
    reason: "not_installed",
  });
});

test("what a branch was called can not move the cursor", () => {
  expect(plain(`a${ESCAPE}[2Jb\r\u202E`)).toBe("a [2Jb  ");
  expect(table(["title"], [[`x${ESCAPE}]0;y`]]).split("\n")[1]).toBe("x ]0;y");
});

test("a bug is an internal error with a hint, a closed port of a server is not", () => {
  expect(operatorErrorOf(new TypeError("x is not a function"))).toMatchObject({
    code: "internal_error",
    hint: expect.stringContaining("OROBOROS_DEBUG=1"),
  });
  expect(operatorErrorOf(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }))).toMatchObject({
    code: "unreachable",
  });
});

test("a command that takes over a second shows its time, and clears it before the answer", async () => {
  await using api = await apiServer(
    (request, response) => void setTimeout(() => json(200, [slot])(request, response), 1200),
  );
  const { stderr } = await runHere(
    ["slots", "list"],
    { OROBOROS_API_URL: api.url, OROBOROS_TOKEN: "t" },
    { isTerminal: true, showsCleared: true },
  );
  const [shown, ...others] = stderr.split(`\r${ESCAPE}[2K`);
  expect(shown).toBe("slots list: 1 s");
  // A second later it tells the next one, and an answer may take this machine so long.
  expect(others.pop()).toBe("");
  for (const later of others) expect(later).toMatch(/^slots list: \d+ s$/);
});
