import { dirname, join } from "node:path";
import type { AllowedImports } from "./import-table.ts";
import { importedSpecifiers, isTestCode, withoutComments, type SourceFile } from "./source-file.ts";

const SCOPE = "@oroboros/";
const MAX_LINES = 300;

export interface Rules {
  readonly table: Readonly<Record<string, AllowedImports>>;
  readonly publicEntries: ReadonlySet<string>;
}

/** What is wrong with the file, each as one sentence that names it. */
export function objections(file: SourceFile, rules: Rules): string[] {
  const found = importedSpecifiers(file.text).flatMap((specifier) => objectionsToImport(file, specifier, rules));
  return [...found, ...objectionsToContent(file)].map((objection) => `${file.path}: ${objection}`);
}

function objectionsToImport(file: SourceFile, specifier: string, { table, publicEntries }: Rules): string[] {
  if (specifier.startsWith(".")) {
    const target = join(dirname(file.path), specifier);
    return target.startsWith(`${file.owner}/`) ? [] : [`${specifier} leaves the package`];
  }
  if (specifier.startsWith(SCOPE) && !isTestSupport(specifier) && !publicEntries.has(specifier)) {
    return [`${specifier} is no public entry`];
  }
  if (isTestCode(file)) return [];
  const allowed = table[file.owner];
  if (allowed === undefined) return [`${file.owner} has no row in the import table`];
  return isAllowed(specifier, allowed) ? [] : [`${specifier} is not in the import table`];
}

function isTestSupport(specifier: string): boolean {
  return specifier.startsWith(`${SCOPE}test-`);
}

function isAllowed(specifier: string, allowed: AllowedImports): boolean {
  const within = (names: readonly string[], wanted: string): boolean =>
    names.some((name) => wanted === name || wanted.startsWith(`${name}/`));
  if (specifier.startsWith("node:")) return within(allowed.builtins, specifier.slice("node:".length));
  if (specifier.startsWith(SCOPE)) return within(allowed.workspace, specifier.slice(SCOPE.length));
  return within(allowed.thirdParty, specifier);
}

function objectionsToContent(file: SourceFile): string[] {
  const code = withoutComments(file.text);
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  // See vitest.config.ts: files that share a process would share what is replaced.
  if (/\bvi\.(mock|doMock)\(/.test(code)) return ["mocks a module that other files use"];
  if (isTestCode(file)) return [];
  const rules: [boolean, string][] = [
    [/\bprocess\.env\b/.test(code) && !["env.ts", "main.ts"].includes(name), "reads process.env outside env.ts"],
    [/\bprocess\.exit\b/.test(code) && name !== "main.ts", "calls process.exit outside main.ts"],
    [/\b(docker|podman|kubernetes|kubectl|compose)\b/i.test(code), "names a container engine"],
    [code.split("\n").length > MAX_LINES, `has more than ${MAX_LINES} lines`],
  ];
  return rules.flatMap(([isBroken, objection]) => (isBroken ? [objection] : []));
}
