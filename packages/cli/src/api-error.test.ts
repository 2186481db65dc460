import { expect, test } from "vitest";
import { apiError } from "./api-error.ts";

const failed = (cause: Error): Error => new TypeError("fetch failed", { cause });

test.each([
  [failed(Object.assign(new Error("connect"), { code: "ECONNREFUSED" })), "connection refused"],
  [failed(Object.assign(new Error("other side closed"), { code: "UND_ERR_SOCKET" })), "UND_ERR_SOCKET"],
  [failed(new Error("bad port")), "bad port"],
  [new TypeError("Headers.append: Bearer oro_secret"), "TypeError"],
])("an api that does not answer is told with the reason of %s", (error, reason) => {
  expect(apiError("http://api", error)).toMatchObject({
    code: "unreachable",
    message: `The api at http://api does not answer (${reason}).`,
  });
});
