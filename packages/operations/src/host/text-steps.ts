import type { JudgedText } from "./files/host-text.ts";
import type { TextStep } from "./install-step.ts";

/** What is done about a text; what somebody else has changed is taken for what may be replaced. */
export function textSteps({ path, wanted, access, verdict }: JudgedText): TextStep[] {
  switch (verdict.kind) {
    case "same":
      return [];
    case "write":
      return write(verdict.why, verdict.whole);
    case "remove":
      return [{ do: "remove", path }];
    case "edited":
      return verdict.whole === null ? [{ do: "remove", path }] : write("replaced", verdict.whole);
    case "unsafe":
      return write("replaced", verdict.whole);
    default:
      return verdict satisfies never;
  }

  function write(why: "new" | "changed" | "replaced", whole: string): TextStep[] {
    if (wanted === undefined) return [];
    // Somebody else's file with lines of ours stays his.
    const isTheirs = wanted.kind === "block" && access !== undefined;
    const { mode, owner } = isTheirs ? { mode: access.mode, owner: access } : wanted;
    return [{ do: "write", path, why, whole, mode, owner }];
  }
}
