import { expect, test } from "vitest";
import { defineContract } from "./runtime-contract.ts";

test("an empty contract is the documents' host with three slots", () => {
  expect(defineContract()).toEqual({
    root: "/",
    slotCount: 3,
    portOffset: 0,
    domain: "example.com",
    previewDomain: "example.com",
    unitPrefix: "ouroboros",
    corsAllowedOrigins: [],
    publicTls: false,
    slotLimits: { memoryMb: 1024, cpuPercent: 150, tasks: 256 },
    slotNetworks: [],
  });
});

test.each(["relative", "/a/../b", "/a//b", "/a/", "/with space", "/a\n", ""])("the root %j is refused", (root) => {
  expect(() => defineContract({ root })).toThrow(expect.objectContaining({ code: "invalid_contract" }));
});

test("one message names every wrong field", () => {
  expect(() => defineContract({ root: "relative", slotCount: 100, portOffset: -1 })).toThrow(
    /root: .*slotCount: .*portOffset: /,
  );
});

test("a contract can not be changed afterwards", () => {
  expect(Object.isFrozen(defineContract())).toBe(true);
});

test("previews stand below the domain unless they have one of their own", () => {
  expect(defineContract({ domain: "example.org" }).previewDomain).toBe("example.org");
  expect(defineContract({ domain: "example.org", previewDomain: "previews.example.net" })).toMatchObject({
    domain: "example.org",
    previewDomain: "previews.example.net",
  });
});
