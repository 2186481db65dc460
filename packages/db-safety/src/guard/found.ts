import type { DestructiveKind } from "@oroboros/slot-contract";
import type { DropBehavior } from "libpg-query";

/** What a statement does, and to what. */
export interface Found {
  kind: DestructiveKind;
  object: string;
}

/** With `CASCADE` a statement takes along what nobody has named. */
export const andCascade = (behavior: DropBehavior | undefined, object: string): Found[] =>
  behavior === "DROP_CASCADE" ? [{ kind: "cascade", object }] : [];
