import type { Node } from "libpg-query";
import { andCascade, type Found } from "./found.ts";
import { objectName, qualified, relationName } from "./object-name.ts";
import { nodeOf, type NodeOf } from "./syntax-tree.ts";

const TABLES = ["OBJECT_TABLE", "OBJECT_FOREIGN_TABLE", "OBJECT_VIEW", "OBJECT_MATVIEW"];

/** What is found under another name, or in another schema, from then on. */
export function renamed(node: Node): Found[] {
  const rename = nodeOf(node, "RenameStmt");
  if (rename !== undefined) return named(rename);
  const move = nodeOf(node, "AlterObjectSchemaStmt");
  if (move !== undefined) {
    return [{ kind: "move_to_schema", object: `${target(move)} to ${qualified(move.newschema)}` }];
  }
  const value = nodeOf(node, "AlterEnumStmt");
  if (value?.oldVal === undefined) return [];
  const type = (value.typeName ?? []).map(objectName).join(".");
  return [{ kind: "rename_enum_value", object: `${type}: '${value.oldVal}' to '${value.newVal ?? ""}'` }];
}

function named(rename: NodeOf<"RenameStmt">): Found[] {
  const { renameType, newname, behavior } = rename;
  const isPart = renameType === "OBJECT_COLUMN" || renameType === "OBJECT_ATTRIBUTE";
  const kind = isPart ? "rename_column" : isTable(renameType) ? "rename_table" : "rename_object";
  const object = `${target(rename)} to ${qualified(newname)}`;
  return [{ kind, object }, ...andCascade(behavior, object)];
}

const isTable = (type: string | undefined): boolean => type !== undefined && TABLES.includes(type);

function target({ relation, object, subname }: Pick<NodeOf<"RenameStmt">, "relation" | "object" | "subname">): string {
  const wide = relation === undefined ? objectName(object) : relationName(relation);
  return [wide, qualified(subname)].filter(Boolean).join(".");
}
