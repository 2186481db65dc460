import { expect, test } from "vitest";
import { slotContractView, slotContractSchema, runContractSchema, runContractView } from "./contracts.ts";
import { ENDPOINTS } from "./endpoints.ts";
import type { Endpoint } from "./endpoint.ts";
import { streamEventsQuerySchema } from "./event-stream.ts";
import { transitionRunRequestSchema } from "./run-actions.ts";

const withBody = Object.entries<Endpoint>(ENDPOINTS).filter(([, { request }]) => request !== undefined);

test.each(withBody)("%s refuses a field that nobody knows", (_name, { request }) => {
  expect(request?.safeParse({ unknown: true }).error?.issues).toEqual(
    expect.arrayContaining([expect.objectContaining({ code: "unrecognized_keys" })]),
  );
});

test.each(["reapExpiredSlots", "expireRun", "rollback"] as const)("%s may be asked without a body", (name) => {
  expect(ENDPOINTS[name].request.safeParse(undefined).success).toBe(true);
});

test.each([
  [{ to_status: "editing" }, true],
  [{ to_status: "failed", failure_reason_code: "CHECKS_FAILED" }, true],
  [{ to_status: "canceled" }, true],
  [{ to_status: "failed" }, false],
  [{ to_status: "editing", failure_reason_code: "CHECKS_FAILED" }, false],
  [{ to_status: "failed", failure_reason_code: "WAITING_FOR_SLOT" }, false],
  [{ to_status: "done" }, false],
])("the transition %j is well-formed: %s", (request, isWellFormed) => {
  expect(transitionRunRequestSchema.safeParse(request).success).toBe(isWellFormed);
});

test("a stream is followed unless the query says false", () => {
  expect(["true", "false", undefined].map((follow) => streamEventsQuerySchema.parse({ follow }).follow)).toEqual([
    true,
    false,
    true,
  ]);
});

test("the contracts that the api hands out are what their schemas say", () => {
  expect(slotContractSchema.parse(slotContractView({ slotCount: 99 })).slots).toHaveLength(99);
  expect(runContractSchema.parse(runContractView()).states[0]).toMatchObject({
    state: "queued",
    terminal: false,
    by_agent: ["planning", "editing", "testing", "failed", "canceled"],
  });
});
