import { defineContract } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { postgresTexts } from "./postgres-texts.ts";

const textOf = (name: string, slotCount = 3): string =>
  postgresTexts(defineContract({ slotCount })).find(({ path }) => path.endsWith(name))?.text ?? "";

test("more slots get a server that has room for their sessions", () => {
  const sessions = (slotCount: number): number =>
    Number(/^max_connections = (\d+)$/m.exec(textOf("oroboros.conf", slotCount))?.[1]);
  expect(sessions(3)).toBeGreaterThan(100);
  expect(sessions(50)).toBeGreaterThan(sessions(3));
});

test("the first line that fits decides: who is refused stands before who is let in", () => {
  expect(textOf("pg_hba.conf").trimEnd().split("\n")).toEqual([
    "local all postgres peer map=oroboros",
    "host all postgres all reject",
    "host postgres,template0,template1,builder_control +oroboros_slots all reject",
    "local all +oroboros_slots reject",
    "host all oroboros_api,oroboros_worker,slot_seed,+oroboros_slots 127.0.0.1/32 scram-sha-256",
  ]);
});

test("only root and the server's own user become the superuser", () => {
  expect(textOf("pg_ident.conf")).toBe("oroboros root postgres\noroboros postgres postgres\n");
});
