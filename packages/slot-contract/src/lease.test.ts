import { expect, test } from "vitest";
import { leaseEpochSchema } from "./lease.ts";

test.each(["0", "1", "9223372036854775807"])("%s is an epoch of a lease", (text) => {
  expect(leaseEpochSchema.parse(text)).toBe(text);
});

test.each(["9223372036854775808", "9999999999999999999", "01", "-1", "1.0", "", "x", "9".repeat(400)])(
  "%j is none: the database has no such number",
  (text) => {
    expect(leaseEpochSchema.safeParse(text).success).toBe(false);
  },
);
