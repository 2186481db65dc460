import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../..");

export interface SourceFile {
  /** `packages/host` */
  readonly owner: string;
  /** `packages/host/src/run-command.ts` */
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file below `src` of every package and app. */
export function readSources(): SourceFile[] {
  return ["packages", "apps"].flatMap((folder) =>
    readdirSync(join(REPOSITORY, folder)).flatMap((name) => sourcesOf(join(folder, name))),
  );
}

function sourcesOf(owner: string): SourceFile[] {
  return readdirSync(join(REPOSITORY, owner, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const path = join(owner, "src", name);
      return { owner, path, text: readFileSync(join(REPOSITORY, path), "utf8") };
    });
}

/** The subpaths a package declares: `@oroboros/host` and `@oroboros/host/read-only`. */
export function publicEntries(): ReadonlySet<string> {
  const entries = readdirSync(join(REPOSITORY, "packages")).flatMap((name) => {
    const text = readFileSync(join(REPOSITORY, "packages", name, "package.json"), "utf8");
    const manifest = JSON.parse(text) as { name: string; exports?: Record<string, unknown> };
    return Object.keys(manifest.exports ?? {}).map((subpath) => manifest.name + subpath.slice(1));
  });
  return new Set(entries);
}

export function isTestCode(file: SourceFile): boolean {
  return file.path.endsWith(".test.ts") || file.path.includes("/src/testing/");
}

/** What stands in `import`, `export from` and `import()`; comments name nothing. */
export function importedSpecifiers(text: string): string[] {
  const code = withoutComments(text);
  const effects = code.matchAll(/^[ \t]*import\s*["']([^"'\n]+)["']/gm);
  const statements = code.matchAll(/^[ \t]*(?:import|export)\b[\w\s{},*$]*\bfrom\s*["']([^"'\n]+)["']/gm);
  const calls = code.matchAll(/\b(?:import|require|getBuiltinModule)\(\s*["']([^"'\n]+)["']/g);
  return [...effects, ...statements, ...calls].flatMap((match) => match[1] ?? []);
}

export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}
