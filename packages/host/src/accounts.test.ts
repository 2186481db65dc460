import { expect, test } from "vitest";
import { accountOf } from "./accounts.ts";

test("an account is found by its whole name, and one that this host does not have is named with what makes it", () => {
  expect(accountOf("root")).toEqual({ uid: 0, gid: 0 });
  expect(() => accountOf("roo")).toThrow(
    expect.objectContaining({ code: "not_installed", hint: expect.stringContaining("systemd-install-runtime.sh") }),
  );
});
