import { expect, test } from "vitest";
import { withoutSecrets } from "./without-secrets.ts";

const SECRET = "aab12aab34";

function printed(text: string, pieceLength: number): string {
  const redaction = withoutSecrets([SECRET]);
  let shown = "";
  for (let at = 0; at < text.length; at += pieceLength) shown += redaction.next(text.slice(at, at + pieceLength));
  return shown + redaction.rest();
}

test.each([1, 2, 3, 7, 10, 11, 1_000])("a secret is taken out of a text that arrives in pieces of %d", (length) => {
  const url = `postgresql://slot_1:${SECRET}@127.0.0.1/app_preview_1`;
  const text = `${url}\naaab12aab33 ${SECRET}${SECRET} aab12aab12aab34 aab`;
  expect(printed(text, length)).toBe(
    "postgresql://slot_1:[redacted]@127.0.0.1/app_preview_1\naaab12aab33 [redacted][redacted] aab12[redacted] aab",
  );
});

test("a text is shown as it comes where nothing of it can be a secret's beginning", () => {
  const redaction = withoutSecrets([SECRET]);
  expect(redaction.next("applying 0001\n")).toBe("applying 0001\n");
  expect(redaction.next("data")).toBe("dat");
  expect(redaction.next("base")).toBe("abase");
  expect(withoutSecrets([]).next(SECRET)).toBe(SECRET);
});
