import { contentHash } from "@oroboros/host";
import { entriesBelow } from "../git/entries-below.ts";
import type { TreeEntry } from "../git/source-reader.ts";
import type { InstallableManifest } from "../packages/with-installs.ts";

/** Names of what each part of a publish is made from: as long as a name is the same, the part need not be made again. */
export interface SourceKeys {
  frontendInstall: string;
  frontendBuild: string;
  backendInstall: string;
  backendRun: string;
  migrations: string;
}

/** Files that say which packages an install brings, in the toolchains that we know. */
const DEPENDENCY_FILE = new RegExp(
  `(^|/)(${[
    "package\\.json",
    "(package-lock|npm-shrinkwrap)\\.json",
    "pnpm-(lock|workspace)\\.yaml",
    "\\.(npmrc|yarnrc\\.yml|nvmrc|node-version|tool-versions|python-version)",
    "\\.?pnpmfile\\.[cm]?js",
    "(yarn|poetry|uv|Cargo|Gemfile|composer|Pipfile|bun|deno)\\.lockb?",
    "(Gemfile|Pipfile|Cargo\\.toml|pyproject\\.toml|composer\\.json|deno\\.jsonc?)",
    "requirements[^/]*\\.(txt|in)",
    "go\\.(mod|sum)",
  ].join("|")})$`,
);

export const isDependencyFile = (path: string): boolean => DEPENDENCY_FILE.test(path);

/** The keys of a commit's parts. `tree` is the whole commit, because lockfiles may lie above a part's directory. */
export function sourceKeys(manifest: InstallableManifest, tree: readonly TreeEntry[]): SourceKeys {
  const { frontend, backend, database } = manifest;
  const frontendInstall = installKey(tree, frontend);
  const backendInstall = installKey(tree, backend);
  return {
    frontendInstall,
    backendInstall,
    frontendBuild: keyOf([frontend.build, frontend.dist, frontend.dir, frontendInstall, partOf(tree, frontend)]),
    backendRun: keyOf([backend.start, backend.dir, backendInstall, partOf(tree, backend)]),
    migrations: keyOf(
      backend.migrate === undefined
        ? migrationsIn(tree, database.migrations)
        : [backend.migrate, backend.dir, commandInputs(tree, backend, backendInstall)],
    ),
  };
}

/** What a migration command may be made from: what the manifest says it is, else everything of the backend. */
const commandInputs = (
  tree: readonly TreeEntry[],
  backend: InstallableManifest["backend"],
  installKeyOfBackend: string,
): unknown =>
  backend.migrateInputs === undefined
    ? [installKeyOfBackend, partOf(tree, backend)]
    : backend.migrateInputs.map((input) => inputEntries(tree, input));

/** Without their modes: they are read, never run, and a slot's rows must not go because one was made executable. */
const migrationsIn = (tree: readonly TreeEntry[], directory: string | null): unknown[] =>
  directory === null
    ? []
    : entriesBelow(tree, directory)
        .filter(({ name }) => /^[^/]+\.sql$/.test(name))
        .map(({ path, oid, name }) => ({ path, oid, name }));

type Part = { dir: string; install: string[]; inputs: string[] };

function installKey(tree: readonly TreeEntry[], { dir, install, inputs }: Part): string {
  const below = entriesBelow(tree, dir);
  const named = below.filter(({ path }) => DEPENDENCY_FILE.test(path));
  // An install that we know nothing of may read anything.
  const relevant = named.length === 0 ? below : [...named, ...dependencyFilesAbove(tree, dir)];
  return keyOf([install, dir, relevant, inputs.map((input) => inputEntries(tree, input))]);
}

function dependencyFilesAbove(tree: readonly TreeEntry[], dir: string): TreeEntry[] {
  const pieces = dir.split("/").filter((piece) => piece !== "" && piece !== ".");
  const parents = new Set(pieces.map((_piece, index) => pieces.slice(0, index).join("/")));
  return tree.filter(
    ({ path }) => DEPENDENCY_FILE.test(path) && parents.has(path.slice(0, Math.max(path.lastIndexOf("/"), 0))),
  );
}

const partOf = (tree: readonly TreeEntry[], { dir, inputs }: Part): TreeEntry[] =>
  [dir, ...inputs].flatMap((path) => inputEntries(tree, path));

/** A file, or everything below a directory. */
const inputEntries = (tree: readonly TreeEntry[], path: string): TreeEntry[] => {
  const plain = path.replace(/^(\.\/)+/, "");
  return tree.filter((entry) => entry.path === plain).concat(entriesBelow(tree, path));
};

const keyOf = (content: unknown): string => contentHash(JSON.stringify(content));
