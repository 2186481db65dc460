import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { oneObject, runHere } from "./testing/run-here.ts";

const NOWHERE = { OROBOROS_ROOT: "/nowhere" };
const create = ["db", "snapshot", "create", "--version", "s1"];

async function refusalOf(
  argv: string[],
): Promise<{ exitCode: number; error: { code: string; message: string; hint: string } }> {
  const { stdout, exitCode } = await runHere(argv, NOWHERE);
  const { error } = oneObject(stdout) as { error: { code: string; message: string; hint: string } };
  return { exitCode, error };
}

test.each([
  [[...create], "Give one of --from-slot and --from-url: what the snapshot is taken of."],
  [
    [...create, "--from-slot", "preview-1", "--from-url", "postgresql://u@h/d"],
    "Give one of --from-slot and --from-url",
  ],
  [[...create, "--from-slot", "preview-1", "--mask", "m.sql"], "--mask does not go with --from-slot."],
  [[...create, "--from-slot", "preview-1", "--password-file", "p"], "--password-file does not go with --from-slot."],
  [[...create, "--from-url", "postgresql://u@h/d", "--run-id", "x"], "--run-id does not go with --from-url."],
  [["db", "snapshot", "create", "--from-slot", "preview-1"], "Required option '--version <version>' not specified."],
  [["db", "snapshot", "drop"], "Missing required argument 'version'."],
  [["db", "reset-and-seed", "--slot", "preview-1"], "--seed-version is missing: --strategy seed needs it."],
  [
    ["db", "reset-and-seed", "--slot", "preview-1", "--strategy", "snapshot"],
    "--snapshot-version is missing: --strategy snapshot needs it.",
  ],
  [
    [
      "db",
      "reset-and-seed",
      "--slot",
      "preview-1",
      "--strategy",
      "snapshot",
      "--snapshot-version",
      "s",
      "--seed-version",
      "v1",
    ],
    "--seed-version does not go with --strategy snapshot.",
  ],
  [
    ["slots", "allocate", "--run-id", "dry-run", "--snapshot-version", "s1", "--dry-run"],
    "--snapshot-version does not go with --strategy seed.",
  ],
  [
    ["slots", "allocate", "--run-id", "dry-run", "--strategy", "snapshot", "--snapshot-version", "../s", "--dry-run"],
    '--snapshot-version can not be "../s": give 1 to 64 letters',
  ],
])("%j is refused before anything is read", async (argv, message) => {
  const { exitCode, error } = await refusalOf(argv);
  expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: "invalid_request" });
  expect(error.message).toContain(message);
  expect(error.hint).not.toBe("");
});

test("a masking script and a password are looked for before an installation is", async () => {
  const argv = [...create, "--from-url", "postgresql://u@h/d", "--mask", "/nowhere/mask.sql"];
  expect((await refusalOf(argv)).error).toMatchObject({
    code: "path_not_found",
    message: expect.stringContaining("--mask") as string,
  });
  const directory = await mkdtemp(join(tmpdir(), "oroboros-cli-"));
  const mask = join(directory, "mask.sql");
  await writeFile(mask, "select 1");
  expect((await refusalOf([...create, "--from-url", "postgresql://u@h/d", "--mask", mask])).error.code).toBe(
    "not_installed",
  );
  await rm(directory, { recursive: true });
});

test("a noun within a noun says what it takes, and a slip of the finger what was meant", async () => {
  expect((await refusalOf(["db", "snapshot"])).error).toMatchObject({
    code: "unknown_command",
    message: "oroboros db snapshot needs another word: what to do.",
    hint: expect.stringContaining("See: oroboros db snapshot --help") as string,
  });
  expect((await refusalOf(["db", "snapshot", "crate"])).error).toMatchObject({
    message: 'There is no command "db snapshot crate".',
    hint: expect.stringMatching(/^Nearest: oroboros db snapshot create/) as string,
  });
  const help = await runHere(["db", "snapshot", "--help"], NOWHERE);
  for (const verb of ["create", "list", "verify", "drop"]) expect(help.stdout).toContain(verb);
});

test("whoever names only a snapshot is told how to ask for it", async () => {
  const { error } = await refusalOf(["db", "reset-and-seed", "--slot", "preview-1", "--snapshot-version", "s1"]);
  expect(error.hint).toBe("Write: --strategy snapshot --snapshot-version s1");
});
