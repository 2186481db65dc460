import fc from "fast-check";

// What some reader of units, env files or commands gives a meaning to.
const MEANINGFUL = [
  ...[
    "%",
    "%%",
    "%n",
    "%h",
    "%i",
    "$",
    "$$",
    "$HOME",
    "${PATH}",
    "${A:-b}",
    "\\",
    "\\\\",
    "\\n",
    "\\x41",
    "\\u00e9",
    "\\101",
    "\\",
  ],
  ...[
    '"',
    "'",
    "`",
    "#",
    ";",
    " ; ",
    "=",
    ":",
    "-",
    "+",
    "!",
    "@",
    "|",
    "&",
    "{",
    "}",
    "{$ENV}",
    "(",
    ")",
    "*",
    "?",
    "[",
    "~",
    "<",
    ">",
  ],
  ...[
    " ",
    "  ",
    "\t",
    "\v",
    "\f",
    "\n",
    "\r",
    "\r\n",
    "\nExecStart=/bin/false",
    "\n[Install]",
    "\0",
    "\u007f",
    "\u001b[31m",
    "\u0085",
  ],
  ...["\u2028", "\ufeff", "é", "日本", "😀", "\ud800", "\ufffe", "a", "0", "/", ".", "..", "file:", "append:/x"],
];

const hostileValue = fc.oneof(
  fc.array(fc.constantFrom(...MEANINGFUL), { maxLength: 8 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
);

/** `count` different texts that hold whatever is hard to write down; the same ones for the same seed. */
export const hostileValues = (count: number, seed: number): string[] =>
  fc.sample(fc.uniqueArray(hostileValue, { minLength: count, maxLength: count, size: "max" }), {
    numRuns: 1,
    seed,
  })[0] ?? [];
