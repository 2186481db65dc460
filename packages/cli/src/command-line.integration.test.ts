import { expect, test } from "vitest";
import { COMMANDS, NOUNS } from "./command-table.ts";
import type { CommandSpec } from "./command.ts";
import { oneObject, runHere } from "./testing/run-here.ts";
import { runProcess } from "./testing/run-process.ts";

const RUN = "0b6c6e6e-6d4e-4a43-9d4f-0a4f4b1a5c11";
const NOWHERE = "/nonexistent/oroboros";

/** A complete command line: every required option and argument with a value that could be right. */
function complete(spec: CommandSpec): string[] {
  const values: Record<string, string> = {
    "--run-id": RUN,
    "--slot": "preview-1",
    "--seed-version": "v1",
    "--hours": "24",
    run_id: RUN,
    token_id: "1",
    slot: "preview1",
    version: "v1",
  };
  const options = spec.options
    .filter(({ required }) => required)
    .flatMap(({ flags, choices }) => {
      const [flag = ""] = flags.split(" ");
      return [flag, choices?.[0] ?? values[flag] ?? "text"];
    });
  return [
    ...spec.name.split(" "),
    ...options,
    ...(ONE_OF_SEVERAL[spec.name] ?? []),
    ...(spec.argument === undefined ? [] : [values[spec.argument.name] ?? ""]),
  ];
}

/** What a command needs one of, which its table can not say. */
const ONE_OF_SEVERAL: Readonly<Record<string, string[]>> = {
  "slots allocate": ["--seed-version", "v1"],
  "db reset-and-seed": ["--seed-version", "v1"],
  "db snapshot create": ["--from-slot", "preview1"],
};

test.each(COMMANDS.map((spec) => [spec.name, spec] as const))(
  "%s answers an unknown option with one object and exit 2",
  async (name, spec) => {
    const result = await runHere([...complete(spec), "--frobnicate"]);
    expect(result.exitCode).toBe(2);
    expect(oneObject(result.stdout)).toMatchObject({
      ok: false,
      command: spec.report === "backend" ? name.split(" ")[1] : name,
      error: {
        code: "invalid_request",
        message: expect.stringContaining("--frobnicate"),
        hint: `See: oroboros ${name} --help`,
      },
    });
    expect(result.stderr).toBe("");
  },
);

test("the program ends and prints as its command line does", async () => {
  for (const argv of [["runs", "list", "--frobnicate"], ["runs", "list", "--root", NOWHERE], ["--help"]])
    expect(await runProcess(argv)).toEqual(await runHere(argv));
});

// These make or end an installation instead of using one, or a host, which is found in one place only; or they need a clone.
const OWN_INSTALLATION = new Set([
  ...["runtime up", "runtime down", "demo"],
  ...["render", "host install", "host up", "host down", "slots provision"],
]);
const users = COMMANDS.filter(({ name }) => !OWN_INSTALLATION.has(name));
test.each(users.map((spec) => [spec.name, spec] as const))(
  "%s says so where nothing is installed",
  async (_name, spec) => {
    const result = await runHere([...complete(spec), "--root", NOWHERE]);
    expect(oneObject(result.stdout)).toMatchObject({
      ok: false,
      error: { code: "not_installed", hint: expect.stringContaining("--root") },
    });
    expect(result.exitCode).toBe(1);
  },
);

const needy = COMMANDS.filter(
  ({ options, argument }) => argument !== undefined || options.some(({ required }) => required),
);
test.each(needy.map(({ name }) => name))("%s refuses to guess what is missing", async (name) => {
  const result = await runHere(name.split(" "));
  expect(result.exitCode).toBe(2);
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, error: { code: "invalid_request" } });
});

test.each([
  [["frob"], "unknown_command", "oroboros"],
  [["runs"], "unknown_command", "oroboros"],
  [["runs", "frob"], "unknown_command", "oroboros"],
  [["runs", "show", "not-a-run"], "invalid_request", "runs show"],
  [["runs", "show", RUN, "extra"], "invalid_request", "runs show"],
  [["runs", "list", "--status", "sleeping"], "invalid_request", "runs list"],
  [["runs", "create", "--title", "t", "--branch", "--upload-pack=x"], "invalid_request", "runs create"],
  [["runs", "create", "--title", "t", "--commit", "abc"], "invalid_request", "runs create"],
  [["slots", "release", "preview-01"], "invalid_slot", "slots release"],
  [["slots", "release", ".."], "invalid_slot", "slots release"],
  [["db", "seed", "--slot", "preview-1", "--seed-version", "../v1"], "invalid_request", "db seed"],
  [["db", "reset", "--slot", "preview-1", "--run-id", "dry-run"], "invalid_request", "db reset"],
  [
    ["db", "reset-and-seed", "--slot", "preview-1", "--run-id", RUN, "--seed-version", "v1", "--strategy", "magic"],
    "invalid_request",
    "db reset-and-seed",
  ],
  [["token", "create", "--role", "root", "--label", "me"], "invalid_request", "token create"],
  [["token", "create", "--role", "viewer", "--label", " "], "invalid_request", "token create"],
  [["token", "create", "--role", "viewer", "--label", "x".repeat(201)], "invalid_request", "token create"],
  [["runs", "list", "--root", "relative"], "invalid_contract", "runs list"],
])("%j is %s", async (argv, code, command) => {
  const result = await runHere(argv);
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, command, error: { code } });
  expect(result.exitCode).toBe(2);
});

test("a backend command fails in the documents' form", async () => {
  const result = await runHere(["backend", "start", "--slot", "preview-1", "--health-timeout-seconds", "soon"]);
  expect(oneObject(result.stdout)).toEqual({
    ok: false,
    command: "start",
    slot_id: "preview-1",
    reason: "invalid_request",
    error: { code: "invalid_request", message: expect.any(String), hint: expect.any(String) },
  });
  expect(result.exitCode).toBe(2);
});

test("a value that is also the name of a command does not name the command", async () => {
  const result = await runHere(["token", "create", "--label", "demo"]);
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, command: "token create" });
});

test.each([[[]], [["--json"]], [["--root", "/somewhere"]]])("without a command (%j) there is help", async (argv) => {
  const result = await runHere(argv);
  expect(oneObject(result.stdout)).toMatchObject({
    ok: true,
    command: "help",
    help: expect.stringContaining("Usage:"),
  });
  expect(result.exitCode).toBe(0);
  const seen = await runHere(
    argv.filter((word) => word !== "--json"),
    {},
    { isTerminal: true },
  );
  expect(seen).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Usage: oroboros/), stderr: "" });
});

test.each([
  [["run", "list"], "Nearest: oroboros runs list. See: oroboros --help"],
  [["runs", "lst"], "Nearest: oroboros runs list, "],
  [["runs"], "Nearest: oroboros runs "],
  [["db", "snapshot", "lst"], "Nearest: oroboros db snapshot list, "],
  [["aprove"], "Nearest: oroboros runs approve. "],
  [["frobnicate"], "See: oroboros --help"],
])("who types %j is told the nearest commands", async (argv, hint) => {
  const result = await runHere(argv);
  const error = { code: "unknown_command", hint: expect.stringContaining(hint) };
  expect(oneObject(result.stdout)).toMatchObject({ ok: false, error });
  expect(result.exitCode).toBe(2);
});

test("help is an answer, not an error", async () => {
  const result = await runHere(["db", "reset", "--help"]);
  expect(result.exitCode).toBe(0);
  expect(oneObject(result.stdout)).toMatchObject({
    ok: true,
    command: "help",
    help: expect.stringContaining("--dry-run"),
  });
});

test("every noun of the table is introduced, and no other", () => {
  const nouns = COMMANDS.flatMap(({ name }) => {
    const words = name.split(" ").slice(0, -1);
    return words.map((_, index) => words.slice(0, index + 1).join(" "));
  });
  expect(Object.keys(NOUNS).toSorted()).toEqual([...new Set(nouns)].toSorted());
});
