import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { commitShaSchema, type CommitSha } from "@oroboros/slot-contract";

const REPOSITORY = resolve(import.meta.dirname, "../../..");

export interface CommandOutcome {
  exitCode: number | null;
  json: Record<string, unknown>;
  stdout: string;
  stderr: string;
}

/** A whole runtime started by the shipped command line, as a user would, below a directory of its own. */
export interface Runtime {
  readonly root: string;
  readonly apiUrl: string;
  readonly operatorToken: string;
  cli(...args: string[]): Promise<CommandOutcome>;
  api(path: string, init?: RequestInit): Promise<{ status: number; body: unknown }>;
  /** Commits these files on top of main under the branch's name and pushes it. */
  pushBranch(branch: string, files: Record<string, string>): Promise<CommitSha>;
  stop(): Promise<void>;
}

export async function startRuntime(options: {
  portOffset: number;
  main: Record<string, string> | { directory: string };
  /** Below the directory for temporary files, if not said. */
  root?: string;
  args?: string[];
}): Promise<Runtime> {
  const place = options.root ?? join(tmpdir(), `oroboros-runtime-${options.portOffset}`);
  // What a test that was killed has left there would be resumed. Its offset is ours now.
  rmSync(place, { recursive: true, force: true });
  const up = await runScript("scripts/oroboros", [
    "runtime",
    "up",
    "--json",
    "--port-offset",
    String(options.portOffset),
    "--root",
    place,
    ...(options.args ?? []),
  ]);
  if (up.exitCode !== 0) throw new Error(`runtime up failed: ${up.stdout}\n${up.stderr}`);
  const {
    root,
    api_url: apiUrl,
    operator_token: operatorToken,
  } = up.json as { root: string; api_url: string; operator_token: string };
  const scratch = mkdtempSync(join(tmpdir(), "oroboros-e2e-"));
  const clone = join(scratch, "app");
  const repository = join(root, "srv/oroboros/repo");
  await git(scratch, "init", "--quiet", "--initial-branch=main", clone);
  write(clone, options.main);
  await commitAndPush(clone, repository, "main");
  return {
    root,
    apiUrl,
    operatorToken,
    cli: (...args) => runScript("scripts/oroboros", [...args, "--root", root, "--json"]),
    api: (path, init) => callApi(apiUrl + path, operatorToken, init),
    pushBranch: async (branch, files) => {
      await git(clone, "checkout", "--quiet", "-B", branch, "main");
      write(clone, files);
      return commitAndPush(clone, repository, branch);
    },
    stop: async () => {
      const down = await runScript("scripts/oroboros", ["runtime", "down", "--json", "--root", root, "--remove"]);
      rmSync(scratch, { recursive: true, force: true });
      if (down.exitCode !== 0) throw new Error(`runtime down failed: ${down.stdout}\n${down.stderr}`);
    },
  };
}

function write(clone: string, files: Record<string, string> | { directory: string }): void {
  if (typeof files["directory"] === "string") return cpSync(files["directory"], clone, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), text);
  }
}

async function commitAndPush(clone: string, repository: string, branch: string): Promise<CommitSha> {
  await git(clone, "add", "--all", "--force");
  await git(
    clone,
    "-c",
    "user.name=test",
    "-c",
    "user.email=test@localhost",
    "commit",
    "--quiet",
    "--allow-empty",
    "-m",
    branch,
  );
  await git(clone, "push", "--quiet", "--force", repository, branch);
  return commitShaSchema.parse((await git(clone, "rev-parse", "HEAD")).trim());
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const done = await run("git", args, { cwd });
  if (done.exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}

export async function runScript(
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<CommandOutcome> {
  const done = await run(join(REPOSITORY, script), args, { cwd: REPOSITORY, env });
  return { ...done, json: parseObject(done.stdout) };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function run(
  program: string,
  args: string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<Omit<CommandOutcome, "json">> {
  return new Promise((done, failed) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk));
    child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk));
    child.once("error", failed);
    child.once("close", (exitCode) => done({ exitCode, ...output }));
  });
}

async function callApi(url: string, token: string, init: RequestInit = {}): Promise<{ status: number; body: unknown }> {
  // A connection of its own: one that was kept might be closed, by a server that has waited long enough, just as it is used again.
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", connection: "close" };
  const response = await fetch(url, { ...init, headers, redirect: "manual" });
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return { status: response.status, body: isJson ? ((await response.json()) as unknown) : await response.text() };
}
