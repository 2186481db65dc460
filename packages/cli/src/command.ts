import type { OperatorError } from "@oroboros/slot-contract";
import type { CommandInput } from "./command-input.ts";
import type { World } from "./world.ts";

export interface OptionSpec {
  /** Commander's notation; `<value>` takes one value, `<value...>` several. */
  flags: string;
  help: string;
  required?: true;
  choices?: readonly string[];
  default?: string;
}

/** A row of the command table: all that help, documentation and parsing need, without loading the command. */
export interface CommandSpec {
  /** What is typed after `oroboros`: noun and verb. */
  name: string;
  summary: string;
  argument?: { name: string; help: string };
  options: readonly OptionSpec[];
  /** The documents promise the backend command's own JSON object, on a terminal too. */
  report?: "backend";
  load: () => Promise<RunCommand>;
}

export interface CommandContext {
  input: CommandInput;
  world: World;
  /** Tells a person at a terminal on stderr what is going on; `everybody`: also a program, which may wait for minutes. */
  progress: (line: string, to?: "everybody") => void;
  /** Prints to a person what can not wait for the outcome; a program gets one object at the end, and nothing before. */
  print: (text: string) => void;
}

/** Of the JSON object: `ok` and `command` are the envelope's, and no report may have words of its own there. */
export type Fields = (object | Record<string, unknown>) & { ok?: never; command?: never };

/** What a command found out: `fields` go into the JSON object, `text` is the same for a person. */
export type CommandOutcome =
  | { ok: true; fields: Fields; text: string }
  | { ok: false; fields: Fields; error: OperatorError; text?: string };

export type RunCommand = (context: CommandContext) => Promise<CommandOutcome>;
