import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

const PACKAGE = join(import.meta.dirname, "..");
const BIN = join(PACKAGE, "node_modules/.bin");
const BUDGET_BYTES = 15_000;
const EXPECTED = [
  "preview-1 preview1.example.com http://127.0.0.1:8101 app_preview_1",
  "preview-2 preview2.example.com http://127.0.0.1:8102 app_preview_2",
];
const run = promisify(execFile);

let directory: string;
/** An empty project in which the packed package is installed. */
let project: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "oroboros-package-"));
  const packed = await packInto(directory);
  project = join(directory, "project");
  await mkdir(project);
  await writeFile(join(project, "package.json"), '{ "private": true, "type": "module" }');
  await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", packed], { cwd: project });
}, 180_000);
afterAll(() => rm(directory, { recursive: true, force: true }));

test("what is installed is the package and zod, and nothing else", async () => {
  const installed = await readdir(join(project, "node_modules"));
  expect(installed.filter((name) => !name.startsWith(".")).toSorted()).toEqual(["@oroboros", "zod"]);
});

test("the README's three lines run in Node as they are written", async () => {
  await writeFile(join(project, "use.ts"), await readmesUse());
  const { stdout } = await run(process.execPath, ["use.ts"], { cwd: project });
  expect(stdout.trimEnd().split("\n")).toEqual(EXPECTED);
});

test("its types resolve, and hold a caller to them", async () => {
  await writeFile(join(project, "right.ts"), `${await readmesUse()}${BACKEND_USE}`);
  await writeFile(
    join(project, "wrong.ts"),
    'import { defineRuntime } from "@oroboros/slot-contract";\ndefineRuntime({ slots: 2 });\n',
  );
  await expect(typeCheck("right.ts")).resolves.toMatchObject({ stdout: "", stderr: "" });
  await expect(typeCheck("wrong.ts")).rejects.toMatchObject({
    stdout: expect.stringContaining("'slots' does not exist"),
  });
});

test("the three lines run in a browser's bundle, where there is no process, require or module of Node's", async () => {
  const printed: string[] = [];
  const page = createContext({ URL, console: { log: (...words: string[]) => printed.push(words.join(" ")) } });
  runInContext(await bundle({ source: await readmesUse(), format: "iife" }), page);
  expect(printed).toEqual(EXPECTED);
});

test("the core entry, minified and gzipped without zod, keeps its budget", async () => {
  const source = 'import * as contract from "@oroboros/slot-contract"; console.log(contract);';
  const size = gzipSync(await bundle({ source, format: "esm", external: ["zod"] })).length;
  expect(size).toBeLessThanOrEqual(BUDGET_BYTES);
  // A bundle of nothing would keep it as well.
  expect(size).toBeGreaterThan(BUDGET_BYTES / 3);
});

const BACKEND_USE = `
import { createSlotHandlers, readSlotEnv } from "@oroboros/slot-contract/backend";
import { createClient, type RunView } from "@oroboros/slot-contract";
const handlers = createSlotHandlers(readSlotEnv({}), async () => ({ rows: [] }));
export const answer: Promise<Response | undefined> = handlers(new Request("http://slot/health"));
export const created: Promise<RunView> = createClient({ baseUrl: "http://api", fetch }).createRun({ body: { title: "t" } });
`;

/** Built beside the worktree: another test, or a release, may be building the package's own dist at the same moment. */
async function packInto(parent: string): Promise<string> {
  const staged = join(parent, "package");
  await mkdir(staged);
  for (const file of ["package.json", "README.md"]) await cp(join(PACKAGE, file), join(staged, file));
  await run(join(BIN, "tsup"), ["--out-dir", join(staged, "dist")], { cwd: PACKAGE });
  await run(join(BIN, "tsc"), ["-p", "tsconfig.build.json", "--outDir", join(staged, "dist")], { cwd: PACKAGE });
  const { stdout } = await run("npm", ["pack", "--json"], { cwd: staged });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  return join(staged, packed?.filename ?? "nothing was packed");
}

async function readmesUse(): Promise<string> {
  const readme = await readFile(join(PACKAGE, "README.md"), "utf8");
  const [, use] = /## Three lines of use\n\n```ts\n(.*?)```/s.exec(readme) ?? [];
  if (use === undefined) throw new Error("the README has no use");
  expect(use.split("\n").filter((line) => line !== "" && !line.startsWith("//"))).toHaveLength(3);
  return use;
}

const typeCheck = (file: string) =>
  run(
    join(BIN, "tsc"),
    [
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--target",
      "es2024",
      "--lib",
      "es2024,dom,dom.iterable",
      "--types",
      "",
      file,
    ],
    { cwd: project },
  );

async function bundle(options: { source: string; format: "iife" | "esm"; external?: string[] }): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: options.source, resolveDir: project, loader: "ts" },
    bundle: true,
    minify: true,
    platform: "browser",
    target: "es2024",
    write: false,
    format: options.format,
    external: options.external ?? [],
  });
  return outputFiles[0]?.text ?? "";
}
