import { openControlStore } from "@oroboros/control-store";
import { freePort } from "@oroboros/test-support";
import { expect, onTestFinished, test } from "vitest";
import { describeProblem, problemOf, statusOf } from "./problem.ts";
import { useApi } from "./testing/use-api.ts";

const api = useApi();

test("a database that is away is told from a defect: 503, and when to try again", async () => {
  const databaseUrl = `postgres://nobody@127.0.0.1:${await freePort()}/nowhere`;
  const away = openControlStore({ databaseUrl, onError: () => undefined });
  onTestFinished(() => away.close());
  const answer = await api.call("/api/runs", { api: api.with({ store: away.db }) });
  expect(answer).toMatchObject({
    status: 503,
    body: { code: "unreachable", hint: expect.stringMatching(/Try again.* whether a change was made/) },
  });
  // A commit that was on its way may have happened.
  expect(answer.text).not.toContain("nothing was changed");
});

test.each(["08006", "57P01", "57P02", "57P03", "ECONNRESET", "EPIPE"])(
  "so is one that ends a connection with %s",
  (code) => {
    expect(statusOf(problemOf(Object.assign(new Error("gone"), { code })))).toBe(503);
  },
);

test("of a lock that somebody keeps it is told that nothing was done, and when to try again", () => {
  const { status, headers, body } = describeProblem(
    problemOf(Object.assign(new Error("canceling"), { code: "55P03" })),
  );
  expect([status, headers["retry-after"]]).toEqual([409, "2"]);
  expect(JSON.parse(body)).toMatchObject({ code: "being_changed", hint: expect.stringContaining("again") });
});

test.each(["23505", "42P01", "57014", undefined])("but no other failure of it, such as %s", (code) => {
  expect(problemOf(Object.assign(new Error("secret detail"), { code }))).toMatchObject({ code: "internal_error" });
});
