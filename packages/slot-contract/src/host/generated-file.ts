/** A file that derives from the contract. It is committed below `infra/`, and installed where it names a place on the host. */
export interface GeneratedFile {
  /** Below `infra/`. */
  readonly path: string;
  readonly text: string;
  /** `env`: an operator may set further variables, and secrets stand only in the installed file. */
  readonly kind: "file" | "env";
  /** Installed files belong to root. Null: it is only committed. */
  readonly installed: { readonly path: string; readonly mode: number } | null;
}

/** Variables that stand in no committed file: installation makes them, or keeps what is there. */
export const SECRET_VARIABLES = ["DATABASE_URL", "SLOT_DATABASE_PASSWORD_KEY"] as const;

/** What the first comment of every generated file says: a file that says it, and is rendered no more, is removed. */
export const GENERATED_LINE =
  "Generated from infra/contract.ts. Change it there, and write the files again: scripts/oroboros render";

/** Whether a file is one of ours. A program's first line belongs to the kernel (execve(2)), so the second one is looked at as well. */
export const isGenerated = (text: string): boolean =>
  text.split("\n", 2).some((line) => /\bgenerated from infra\/contract\.ts\b/i.test(line));
