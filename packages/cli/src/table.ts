const ESCAPE = "\u001B";
const SEQUENCE = new RegExp(`${ESCAPE}\\[[0-9]+m`, "g");
const sgr =
  (code: number) =>
  (text: string): string =>
    `${ESCAPE}[${code}m${text}${ESCAPE}[0m`;

/** Colours for a person; `strip` takes them out again where nobody would see them. */
export const paint = {
  bold: sgr(1),
  dim: sgr(2),
  red: sgr(31),
  green: sgr(32),
  strip: (text: string): string => text.replace(SEQUENCE, ""),
};

/** Text from elsewhere, without the control characters that could take over a terminal. */
export const plain = (value: unknown): string => String(value ?? "-").replace(/[\p{Cc}\p{Cf}]/gu, " ");

/** Columns aligned under their headings. */
export function table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = rows.map((row) => row.map(plain));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [paint.bold(line(headings.map((heading) => heading.toUpperCase()))), ...cells.map(line)].join("\n");
}

/** The plain values of an object, one to a line under their names. */
export function describe(fields: object): string {
  const entries = Object.entries(fields).filter(([, value]) => value !== null && typeof value !== "object");
  const width = Math.max(0, ...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `${paint.dim(name.padEnd(width))}  ${plain(value)}`).join("\n");
}

/** An object and, below it, the steps of its plan or the files it names. */
export function describeWithList(fields: object, list: readonly string[]): string {
  return [describe(fields), ...list.map((item) => `  - ${plain(item)}`)].join("\n");
}
