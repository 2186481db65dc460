import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** The launch list as the demo publishes it: `scripts/bootstrap.sh` puts the contract package beside it. */
export const NODE_APP = join(REPOSITORY, "dist/demo/main");
export const PYTHON_APP = join(REPOSITORY, "examples/python-app");

/** The Python that sees Debian's modules; the one in `PATH` may be another. */
export const PYTHON = "/usr/bin/python3";

/** An application's files by their path, without what building it in place leaves behind. */
export function filesOf(application: string): Record<string, string> {
  const left = /(^|\/)(node_modules|__pycache__)\/|^frontend\/dist\//;
  const paths = readdirSync(application, { recursive: true, encoding: "utf8" }).filter(
    (path) => !left.test(path) && statSync(join(application, path)).isFile(),
  );
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(application, path), "utf8")]));
}

/** A file's new text; a function makes it from the old one. */
export type FileChanges = Readonly<Record<string, string | ((text: string) => string)>>;

/** The changed files alone. A change that changes nothing is an error: the example has moved on from what the test is about. */
export function changedFiles(application: string, changes: FileChanges): Record<string, string> {
  const changed = Object.entries(changes).map(([path, change]) => {
    if (typeof change === "string") return [path, change];
    const before = readFileSync(join(application, path), "utf8");
    const after = change(before);
    if (after === before) throw new Error(`${path} is not changed: it no longer has what the change replaces.`);
    return [path, after];
  });
  return Object.fromEntries(changed) as Record<string, string>;
}
