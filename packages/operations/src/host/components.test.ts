import { expect, test } from "vitest";
import { COMPONENTS, missingComponents, missingError, type Component } from "./components.ts";

const named = (...packages: string[]): Component[] => COMPONENTS.filter((each) => packages.includes(each.package));

test("every component that is missing is named, with the line that gets all of them", () => {
  const error = missingError(named("caddy", "nftables"));
  expect(error).toMatchObject({
    code: "component_missing",
    message: "This host lacks caddy (/usr/bin/caddy), nftables (/usr/sbin/nft).",
    hint: "Get it with: apt-get install --yes caddy nftables",
  });
});

test("installing the server makes its cluster; a cluster that was dropped is made again", () => {
  expect(missingError(named("postgresql-15"))?.hint).toBe("Get it with: apt-get install --yes postgresql-15");
  const dropped = COMPONENTS.filter(({ made }) => made !== undefined);
  expect(missingError(dropped)?.hint).toBe("Get it with: pg_createcluster 15 main");
});

test("where nothing is missing there is nothing to say", () => {
  expect(missingError([])).toBeUndefined();
  expect(missingComponents().every((each) => COMPONENTS.includes(each))).toBe(true);
});
