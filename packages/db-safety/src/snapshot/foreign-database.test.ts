import { expect, test } from "vitest";
import { parseForeignUrl } from "./foreign-database.ts";

test.each([
  ["postgresql://u@h:1/x?host=/tmp", "query_override"],
  ["postgresql://u@h,i/x", "multi_host"],
  ["mysql://u@h/x", "unsupported_scheme"],
  ["postgresql://h/x", "invalid_url"],
])("%s is refused with the form that --from-url has, which names no password", (url, code) => {
  expect(() => parseForeignUrl(url)).toThrow(
    expect.objectContaining({
      code,
      hint: "Write --from-url as postgresql://user@host:port/database and nothing else, and the password into a file for --password-file.",
    }) as Error,
  );
});
