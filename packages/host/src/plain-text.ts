import { stripVTControlCharacters } from "node:util";

/** What a program printed, without the colors and the other control characters that only a terminal understands. */
export function plainText(printed: string): string {
  return stripVTControlCharacters(printed).replaceAll(/[^\P{Cc}\n\t]/gu, "");
}
