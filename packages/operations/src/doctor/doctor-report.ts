/** `error`: something is wrong, and somebody has to act. `warning`: to be known. */
export interface DoctorFinding {
  level: "error" | "warning";
  /** Never changes once released. */
  code: string;
  /** The file, unit, user, port or program it is about. */
  subject: string;
  message: string;
  /** What to type next. */
  hint: string;
}

export interface DoctorSection {
  name: string;
  /** Whether nothing is wrong; there may still be something to know. */
  ok: boolean;
  /** Why this was not looked at here; null where it was. */
  skipped: string | null;
  /** What was looked at, and how much of it. */
  seen: Readonly<Record<string, string | number>>;
  findings: readonly DoctorFinding[];
}

/** What a section comes to by looking. */
export type Looked = Pick<DoctorSection, "seen" | "findings">;

export const wrong = (found: Omit<DoctorFinding, "level">): DoctorFinding => ({ level: "error", ...found });
export const worthKnowing = (found: Omit<DoctorFinding, "level">): DoctorFinding => ({ level: "warning", ...found });
