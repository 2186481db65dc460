const BEGIN = "# oroboros: begin. Installation writes these lines; everything outside of them is yours.";
const END = "# oroboros: end";
const MARK = "# oroboros: ";

/** The lines of ours in somebody else's file; undefined where it has none. */
export function blockOf(whole: string): string | undefined {
  const { block } = split(whole);
  return block;
}

/** The file with our lines at its top, where PostgreSQL looks first; everything else stays as it was, byte for byte. */
export function withBlock(whole: string, block: string): string {
  return `${BEGIN}\n${block}${END}\n${split(whole).rest}`;
}

function split(whole: string): { block: string | undefined; rest: string } {
  const lines = whole.split(/(?<=\n)/);
  const begin = lines.findIndex((line) => line.startsWith(`${MARK}begin`));
  const end = lines.findIndex((line, index) => index > begin && line.trimEnd() === END);
  if (begin === -1 || end === -1) return { block: undefined, rest: whole };
  const block = lines.slice(begin + 1, end).join("");
  return { block, rest: [...lines.slice(0, begin), ...lines.slice(end + 1)].join("") };
}
