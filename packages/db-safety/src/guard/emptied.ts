import type { Node } from "libpg-query";
import { andCascade, type Found } from "./found.ts";
import { objectName, relationName } from "./object-name.ts";
import { nodeOf, nodesNamed } from "./syntax-tree.ts";

/** Rows that are taken away or written over with no condition that would spare one. */
export function emptied(node: Node): Found[] {
  const truncate = nodeOf(node, "TruncateStmt");
  if (truncate === undefined) return [...deleted(node), ...merged(node)];
  return (truncate.relations ?? []).flatMap((each) => {
    const object = objectName(each);
    return [{ kind: "truncate" as const, object }, ...andCascade(truncate.behavior, object)];
  });
}

/** Also inside of WITH, EXPLAIN, PREPARE and COPY. */
function deleted(node: Node): Found[] {
  const all = { delete_all_rows: nodesNamed(node, "DeleteStmt"), update_all_rows: nodesNamed(node, "UpdateStmt") };
  return (["delete_all_rows", "update_all_rows"] as const).flatMap((kind) =>
    all[kind]
      .filter(({ whereClause }) => sparesNothing(whereClause))
      .map(({ relation }) => ({ kind, object: relationName(relation) })),
  );
}

/** What the source lacks is everything but what it names, and what it has is everything where they are joined by nothing. */
function merged(node: Node): Found[] {
  return nodesNamed(node, "MergeStmt").flatMap(({ relation, joinCondition, mergeWhenClauses = [] }) =>
    mergeWhenClauses.flatMap((each) => {
      const { matchKind, condition, commandType } = nodeOf(each, "MergeWhenClause") ?? {};
      const isAll = matchKind === "MERGE_WHEN_NOT_MATCHED_BY_SOURCE" || sparesNothing(joinCondition);
      if (!isAll || !sparesNothing(condition)) return [];
      const kind = commandType === "CMD_DELETE" ? "delete_all_rows" : "update_all_rows";
      return commandType === "CMD_DELETE" || commandType === "CMD_UPDATE"
        ? [{ kind, object: relationName(relation) }]
        : [];
    }),
  );
}

/** No condition, or one that looks at no column: `where true`, `where 1 = 1`. */
const sparesNothing = (condition: Node | undefined): boolean =>
  condition === undefined ||
  (["ColumnRef", "SubLink", "FuncCall", "ParamRef", "CurrentOfExpr"] as const).every(
    (name) => nodesNamed({ condition }, name).length === 0,
  );
