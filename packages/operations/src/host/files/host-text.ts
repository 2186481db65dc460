import type { Owner, PathAccess } from "@oroboros/host";

/** A text of ours on the host. */
export interface HostText {
  /** `block`: marked lines at the top of somebody else's file; `env`: see {@link GeneratedFile}. */
  kind: "file" | "env" | "block";
  path: string;
  text: string;
  mode: number;
  /** Undefined: of whoever it is already, which a file that is not ours keeps. */
  owner: Owner | undefined;
}

/** What lies where a text of ours belongs. */
export interface ObservedText {
  text: string | undefined;
  access: PathAccess | undefined;
}

/** Hashes of what an installation has put on the host, by {@link textId} or {@link variableId}. */
export type KnownTexts = Readonly<Record<string, readonly string[]>>;

export const textId = ({ kind, path }: Pick<HostText, "kind" | "path">): string =>
  kind === "block" ? `${path}#block` : path;
/** No variable's name is `block`: they are upper-case. */
export const variableId = (path: string, name: string): string => `${path}#${name}`;

/** What is to happen to a text, and why. */
export type TextVerdict =
  | { kind: "same" }
  /** `whole`: all of the file's new text. */
  | { kind: "write"; why: "new" | "changed"; whole: string }
  | { kind: "remove" }
  /** Somebody else has changed what we wrote. `whole`: what replacing it would write; null would remove it. */
  | { kind: "edited"; whole: string | null }
  /** Not a file of root's that only it may change or, where it is secret, read. */
  | { kind: "unsafe"; problem: string; repair: string; whole: string };

/** A text with what was seen of it, and what is to be done about it. */
export interface JudgedText {
  path: string;
  /** For what is rendered no more there is nothing to want. */
  wanted: HostText | undefined;
  /** Whose the file is now; undefined where there is none. */
  access: PathAccess | undefined;
  verdict: TextVerdict;
}
