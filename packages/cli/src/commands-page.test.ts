import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS, NOUNS } from "./command-table.ts";
import type { CommandSpec } from "./command.ts";

const PAGE = join(import.meta.dirname, "../../../docs/commands.md");

test("docs/commands.md says what the command table says", async () => {
  await expect(commandsPage()).toMatchFileSnapshot(PAGE);
});

function commandsPage(): string {
  const nouns = [...new Set(COMMANDS.map(({ name }) => name.split(" ")[0] ?? name))];
  return [
    "<!-- Generated from packages/cli/src/command-table.ts: scripts/pnpm --filter @oroboros/cli test -u -->",
    "# Commands",
    "",
    "Every command also takes `--root <dir>` (the directory that stands for `/`) and `--json`. What they print and how they exit:",
    "[packages/cli](../packages/cli/README.md).",
    "",
    ...nouns.flatMap((noun) => [
      `## ${noun}`,
      "",
      ...introduction(noun),
      ...COMMANDS.filter(({ name }) => name.split(" ")[0] === noun).flatMap(section),
    ]),
  ].join("\n");
}

const introduction = (noun: string): string[] => (NOUNS[noun] === undefined ? [] : [NOUNS[noun], ""]);

function section({ name, summary, argument, options }: CommandSpec): string[] {
  const usage = `oroboros ${name}${argument === undefined ? "" : ` <${argument.name}>`}`;
  const rows = options.map(({ flags, help, required, choices, default: initial }) => {
    const notes = [
      required ? "required" : "",
      choices === undefined ? "" : `one of ${choices.join(", ")}`,
      initial === undefined ? "" : `default ${initial}`,
    ];
    return `- \`${flags}\`: ${[help, ...notes.filter((note) => note !== "")].join("; ")}`;
  });
  return [`\`${usage}\`: ${summary}`, "", ...(rows.length === 0 ? [] : [...rows, ""])];
}
