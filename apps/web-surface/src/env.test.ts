import { OperatorError } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { readSurfaceSettings } from "./env.ts";

const environment = {
  SLOT_IDS_CSV: "preview-1,preview-2,preview-3",
  WEB_ROOT: "/srv/surfaces/preview-2",
  WEB_PORT: "3102",
  WEB_API_PROXY_TARGET: "http://127.0.0.1:8102",
};

const main = {
  SLOT_IDS_CSV: "preview-1,preview-2,preview-3",
  WEB_ROOT: "/srv/oroboros/current/infra/web-main",
  WEB_PORT: "3100",
  WEB_API_PROXY_TARGET: "http://127.0.0.1:8000",
};

test("the slot follows from the port", () => {
  expect(readSurfaceSettings(environment, [])).toEqual({
    slot: "preview-2",
    root: "/srv/surfaces/preview-2",
    port: 3102,
    upstreamPort: 8102,
  });
});

test("flags override the variables", () => {
  const flags = [
    "--root",
    "/elsewhere",
    "--port",
    "3101",
    "--api-target",
    "http://127.0.0.1:8101",
    "--slot",
    "preview1",
  ];
  expect(readSurfaceSettings(environment, flags)).toEqual({
    slot: "preview-1",
    root: "/elsewhere",
    port: 3101,
    upstreamPort: 8101,
  });
});

test("an offset moves the slot's ports together", () => {
  const moved = {
    ...environment,
    OROBOROS_PORT_OFFSET: "100",
    WEB_PORT: "3202",
    WEB_API_PROXY_TARGET: "http://127.0.0.1:8202",
  };
  expect(readSurfaceSettings(moved, [])).toMatchObject({ slot: "preview-2", upstreamPort: 8202 });
});

test.each([
  ["another slot's backend", "http://127.0.0.1:8101"],
  ["the control api", "http://127.0.0.1:8000"],
  ["the same backend under an offset", "http://127.0.0.1:8202"],
])("%s is refused as upstream", (_, WEB_API_PROXY_TARGET) => {
  const refusal = refusalOf({ ...environment, WEB_API_PROXY_TARGET });
  expect(refusal.code).toBe("upstream_refused");
  expect(refusal.hint).toContain("http://127.0.0.1:8102");
});

test.each(["http://localhost:8102", "http://127.0.0.1:8102/", "http://user@127.0.0.1:8102", "https://127.0.0.1:8102"])(
  "%s is no upstream at all",
  (WEB_API_PROXY_TARGET) => {
    expect(refusalOf({ ...environment, WEB_API_PROXY_TARGET }).code).toBe("invalid_environment");
  },
);

test.each(["3099", "3104", "8000"])("port %s is no surface's", (WEB_PORT) => {
  expect(refusalOf({ ...environment, WEB_PORT }).code).toBe("upstream_refused");
});

test("the port before the slots' is web-main's, which passes requests to the api", () => {
  expect(readSurfaceSettings(main, [])).toEqual({
    slot: null,
    root: "/srv/oroboros/current/infra/web-main",
    port: 3100,
    upstreamPort: 8000,
  });
});

test.each([
  ["a slot's backend", { WEB_API_PROXY_TARGET: "http://127.0.0.1:8101" }, "upstream_refused"],
  ["the worker", { WEB_API_PROXY_TARGET: "http://127.0.0.1:8090" }, "upstream_refused"],
  ["a slot's build", { WEB_ROOT: "/srv/oroboros/current/infra/web-preview-1" }, "invalid_environment"],
  ["what a slot serves", { WEB_ROOT: "/srv/oroboros/shared/surfaces/preview-2" }, "invalid_environment"],
])("web-main pointed at %s does not start", (_, changed, code) => {
  expect(refusalOf({ ...main, ...changed }).code).toBe(code);
});

test("web-main is no slot's", () => {
  const refusal = refusalOf(main, ["--slot", "preview-1"]);
  expect(refusal).toMatchObject({ code: "invalid_slot", message: "Port 3100 belongs to web-main, not to preview-1." });
});

test("a slot that is not the port's is refused", () => {
  expect(refusalOf(environment, ["--slot", "preview-1"]).code).toBe("invalid_slot");
  expect(refusalOf(environment, ["--slot", "preview-4"]).code).toBe("invalid_slot");
});

test("an unknown flag and a flag without value are refused by name", () => {
  expect(refusalOf(environment, ["--prot", "3101"]).message).toContain('"--prot"');
  expect(refusalOf(environment, ["--port"]).message).toContain('"--port"');
});

test("every missing variable is named at once", () => {
  expect(refusalOf({}).message).toMatch(/SLOT_IDS_CSV.*WEB_ROOT.*WEB_PORT.*WEB_API_PROXY_TARGET/);
});

function refusalOf(source: Record<string, string>, args: string[] = []): OperatorError {
  try {
    readSurfaceSettings(source, args);
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
  throw new Error("The settings were accepted.");
}
