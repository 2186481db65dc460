import type { DestructiveKind } from "@oroboros/slot-contract";
import type { AlterTableCmd, AlterTableType, ColumnDef, Node } from "libpg-query";
import { andCascade, type Found } from "./found.ts";
import { objectName, qualified, relationName } from "./object-name.ts";
import { nodeOf, type NodeOf } from "./syntax-tree.ts";

const KIND_OF: Partial<Record<AlterTableType, DestructiveKind>> = {
  AT_DropColumn: "drop_column",
  AT_DropConstraint: "drop_constraint",
  AT_AlterColumnType: "change_column_type",
  AT_SetNotNull: "set_not_null",
  AT_DropIdentity: "drop_default",
  AT_DropExpression: "drop_default",
  AT_DisableRowSecurity: "disable_row_security",
  AT_NoForceRowSecurity: "disable_row_security",
  AT_DisableTrig: "disable_trigger",
  AT_DisableTrigAll: "disable_trigger",
  AT_DisableTrigUser: "disable_trigger",
  AT_DisableRule: "disable_trigger",
  AT_DetachPartition: "detach_partition",
  AT_DropInherit: "detach_partition",
};

/** What ALTER TABLE, VIEW, TYPE and DOMAIN take away or demand of rows that are there already. */
export function altered(node: Node): Found[] {
  const table = nodeOf(node, "AlterTableStmt");
  if (table !== undefined) return (table.cmds ?? []).flatMap((each) => command(table, nodeOf(each, "AlterTableCmd")));
  const domain = nodeOf(node, "AlterDomainStmt");
  return domain === undefined ? [] : ofDomain(domain);
}

function command({ relation }: NodeOf<"AlterTableStmt">, cmd: AlterTableCmd | undefined): Found[] {
  const subtype = cmd?.subtype;
  if (cmd === undefined || subtype === undefined) return [];
  if (subtype === "AT_AddColumn") return added(relationName(relation), nodeOf(cmd.def, "ColumnDef"));
  const demanded = subtype === "AT_AddConstraint" ? demandedColumn(cmd) : undefined;
  if (demanded !== undefined) return [{ kind: "set_not_null", object: relationName(relation, demanded) }];
  // The same command with a default sets one.
  const kind = subtype === "AT_ColumnDefault" && cmd.def === undefined ? "drop_default" : KIND_OF[subtype];
  if (kind === undefined) return [];
  const partition = nodeOf(cmd.def, "PartitionCmd")?.name;
  const object = partition === undefined ? relationName(relation, cmd.name) : relationName(partition);
  return [{ kind, object }, ...andCascade(cmd.behavior, object)];
}

/** As a constraint with a name, from PostgreSQL 18 on. */
function demandedColumn({ def }: AlterTableCmd): string | undefined {
  const constraint = nodeOf(def, "Constraint");
  return constraint?.contype === "CONSTR_NOTNULL" ? nodeOf(constraint.keys?.[0], "String")?.sval : undefined;
}

/** Rows that are there have no value for the column, unless its definition makes one. */
function added(table: string, column: ColumnDef | undefined): Found[] {
  const constraints = (column?.constraints ?? []).map((each) => nodeOf(each, "Constraint")?.contype);
  const isDemanded = constraints.includes("CONSTR_NOTNULL") || constraints.includes("CONSTR_PRIMARY");
  const type = nodeOf(column?.typeName?.names?.at(-1), "String")?.sval ?? "";
  const isMade =
    /^(small|big)?serial[248]?$/.test(type) ||
    ["CONSTR_DEFAULT", "CONSTR_IDENTITY", "CONSTR_GENERATED"].some((made) => constraints.some((each) => each === made));
  if (!isDemanded || isMade) return [];
  return [{ kind: "add_not_null_column", object: `${table}.${qualified(column?.colname)}` }];
}

/** One letter says what is altered (`AlterDomainStmt` in PostgreSQL's parsenodes.h). */
const OF_DOMAIN: Record<string, DestructiveKind> = { O: "set_not_null", X: "drop_constraint" };

function ofDomain({ subtype = "", typeName = [], name, def, behavior }: NodeOf<"AlterDomainStmt">): Found[] {
  const kind = subtype === "T" && def === undefined ? "drop_default" : OF_DOMAIN[subtype];
  if (kind === undefined) return [];
  const object = [...typeName.map(objectName), ...(name === undefined ? [] : [qualified(name)])].join(".");
  return [{ kind, object }, ...andCascade(behavior, object)];
}
