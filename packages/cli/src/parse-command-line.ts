import { Command, CommanderError, Option } from "commander";
import { OperatorError } from "@oroboros/slot-contract";
import { helpOf } from "./bad-value.ts";
import { commandInput, type CommandInput } from "./command-input.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { nearestCommands } from "./nearest-commands.ts";
import { shown, withoutSecrets } from "./shown.ts";

export type CommandLine =
  | { kind: "help"; text: string }
  | { kind: "version"; version: string }
  | { kind: "command"; spec: CommandSpec; input: CommandInput };

const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    flags: "--root <dir>",
    help: "directory that stands for / (default: OROBOROS_ROOT, which an explicit --port-offset beats, else /)",
  },
  { flags: "--json", help: "print one JSON object, as happens anyway where stdout is no terminal" },
];

/**
 * Finds the command a command line names and reads its options.
 *
 * @throws OperatorError `unknown_command`; `invalid_request` for an unknown, missing or malformed option or argument.
 */
export function parseCommandLine(
  argv: readonly string[],
  table: { commands: readonly CommandSpec[]; nouns: Readonly<Record<string, string>>; version: string },
): CommandLine {
  let help = "";
  let found: CommandLine | undefined;
  const program = withGlobals(new Command("oroboros").description("Previews of branches, each with its own database."));
  program.version(table.version, "--version", "print the version");
  program.exitOverride().configureOutput({ writeOut: (text) => (help += text), writeErr: () => undefined });
  const nouns = new Map<string, Command>();
  for (const spec of table.commands) {
    const words = spec.name.split(" ");
    const verb = words.pop() ?? spec.name;
    const parent = nounCommand(program, { known: nouns, words, summaries: table.nouns });
    addCommand(parent, verb, spec, (values) => (found = { kind: "command", spec, input: commandInput(values) }));
  }
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.version") return { kind: "version", version: table.version };
    if (error.exitCode === 0) return { kind: "help", text: help };
    if (error.code === "commander.help" && typedWords(argv).length === 0) {
      return { kind: "help", text: program.helpInformation() };
    }
    throw refusal(error, argv, table.commands);
  }
  if (found === undefined) throw new Error("commander neither failed nor ran a command");
  return found;
}

/** The command that the words of a command line name, as far as they name one. */
export function namedCommand(argv: readonly string[], commands: readonly CommandSpec[]): CommandSpec | undefined {
  const startsAt =
    (index: number) =>
    ({ name }: CommandSpec): boolean =>
      name.split(" ").every((word, offset) => argv[index + offset] === word);
  const first = argv.findIndex((_, index) => commands.some(startsAt(index)));
  return commands.find(startsAt(first));
}

/** What stands before a command's verb: a noun, or one within another. */
function nounCommand(
  program: Command,
  nouns: { known: Map<string, Command>; words: readonly string[]; summaries: Readonly<Record<string, string>> },
): Command {
  let parent = program;
  for (const [index, word] of nouns.words.entries()) {
    const noun = nouns.words.slice(0, index + 1).join(" ");
    const command = nouns.known.get(noun) ?? withGlobals(parent.command(word).description(nouns.summaries[noun] ?? ""));
    nouns.known.set(noun, command);
    parent = command;
  }
  return parent;
}

function addCommand(
  parent: Command,
  word: string,
  spec: CommandSpec,
  choose: (values: Record<string, unknown>) => void,
): void {
  const command = withGlobals(parent.command(word).description(spec.summary));
  if (spec.argument !== undefined) command.argument(`<${spec.argument.name}>`, spec.argument.help);
  for (const option of spec.options) command.addOption(commanderOption(option));
  command.action(() => {
    const [argument] = command.args;
    const named = spec.argument === undefined ? {} : { [spec.argument.name]: argument };
    choose({ ...command.optsWithGlobals(), ...named });
  });
}

function withGlobals(command: Command): Command {
  for (const option of GLOBAL_OPTIONS) command.addOption(commanderOption(option));
  return command.enablePositionalOptions().helpCommand(false);
}

function commanderOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.help).makeOptionMandatory(spec.required ?? false);
  if (spec.choices !== undefined) option.choices([...spec.choices]);
  if (spec.default !== undefined) option.default(spec.default);
  return option;
}

/** What was typed besides options. */
const typedWords = (argv: readonly string[]): string[] =>
  argv.filter((word, index) => !word.startsWith("-") && argv[index - 1] !== "--root");

function refusal(error: CommanderError, argv: readonly string[], commands: readonly CommandSpec[]): OperatorError {
  if (error.code === "commander.help" || error.code === "commander.unknownCommand") return unknown(argv, commands);
  const named = namedCommand(argv, commands)?.name;
  const hint = named === undefined ? "See: oroboros --help" : helpOf(named);
  const message = withoutSecrets(error.message.replace(/^error: /, "").replaceAll("\n", " "));
  const end = /[.?)]$/.test(message) ? "" : ".";
  return new OperatorError("invalid_request", `${message.charAt(0).toUpperCase()}${message.slice(1)}${end}`, { hint });
}

function unknown(argv: readonly string[], commands: readonly CommandSpec[]): OperatorError {
  const names = commands.map(({ name }) => name);
  const words = typedWords(argv);
  const isNoun = (length: number): boolean =>
    length <= words.length && names.some((name) => name.startsWith(`${words.slice(0, length).join(" ")} `));
  let length = 0;
  while (isNoun(length + 1)) length += 1;
  const noun = words.slice(0, length).join(" ");
  const typed = noun === "" ? words.slice(0, 2) : [noun, ...words.slice(length, length + 1)];
  const near = nearestCommands(typed, names).map((name) => `oroboros ${name}`);
  const nearest = near.length === 0 ? "" : `Nearest: ${near.join(", ")}. `;
  const problem =
    noun !== "" && typed.length === 1
      ? `oroboros ${noun} needs another word: what to do.`
      : `There is no command ${shown(typed.join(" "))}.`;
  return new OperatorError("unknown_command", problem, {
    hint: `${nearest}See: oroboros ${noun === "" ? "" : `${noun} `}--help`,
  });
}
