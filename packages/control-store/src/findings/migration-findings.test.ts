import type { DestructiveStatement } from "@oroboros/slot-contract";
import { expect, test } from "vitest";
import { useControlStore } from "../../test/use-control-store.ts";
import { findMigrationFindings, keepMigrationFindings } from "./migration-findings.ts";

const { db } = useControlStore({ slotCount: 1 });

const hash = (digit: string): string => digit.repeat(64);
const dropped: DestructiveStatement = { kind: "drop_table", object: "items", statement: "drop table items", line: 3 };

test("what is kept is found by its content, and nothing of other contents", async () => {
  const found = [
    { contentHash: hash("1"), statements: [dropped], notAnalysed: null },
    { contentHash: hash("2"), statements: [], notAnalysed: "syntax error" },
  ];
  await keepMigrationFindings(db, found);
  expect(await findMigrationFindings(db, [hash("1"), hash("2"), hash("3")])).toEqual(expect.arrayContaining(found));
  expect(await findMigrationFindings(db, [hash("3")])).toEqual([]);
  expect(await findMigrationFindings(db, [])).toEqual([]);
});

test("two that found the same at once keep it once", async () => {
  const found = [{ contentHash: hash("4"), statements: [dropped], notAnalysed: null }];
  await Promise.all([
    keepMigrationFindings(db, found),
    keepMigrationFindings(db, found),
    keepMigrationFindings(db, []),
  ]);
  expect(await findMigrationFindings(db, [hash("4")])).toEqual(found);
});
