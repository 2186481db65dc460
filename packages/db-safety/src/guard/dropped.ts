import type { DestructiveKind } from "@oroboros/slot-contract";
import type { Node, ObjectType } from "libpg-query";
import { andCascade, type Found } from "./found.ts";
import { objectName, objectNames, qualified, roleName } from "./object-name.ts";
import { nodeOf, type NodeOf } from "./syntax-tree.ts";

const KIND_OF: Partial<Record<ObjectType, DestructiveKind>> = {
  OBJECT_TABLE: "drop_table",
  OBJECT_FOREIGN_TABLE: "drop_table",
  OBJECT_VIEW: "drop_view",
  OBJECT_MATVIEW: "drop_view",
  OBJECT_SCHEMA: "drop_schema",
  OBJECT_TYPE: "drop_type",
  OBJECT_DOMAIN: "drop_type",
  OBJECT_FUNCTION: "drop_function",
  OBJECT_PROCEDURE: "drop_function",
  OBJECT_ROUTINE: "drop_function",
  OBJECT_AGGREGATE: "drop_function",
  OBJECT_INDEX: "drop_index",
  OBJECT_SEQUENCE: "drop_sequence",
  OBJECT_TRIGGER: "drop_trigger",
  OBJECT_EVENT_TRIGGER: "drop_trigger",
  OBJECT_POLICY: "drop_policy",
  OBJECT_EXTENSION: "drop_extension",
};

/** What statements that begin with DROP take away, and those that say it of a part. */
export function dropped(node: Node): Found[] {
  const drop = nodeOf(node, "DropStmt");
  if (drop !== undefined) return objects(drop);
  const owned = nodeOf(node, "DropOwnedStmt");
  if (owned !== undefined) {
    const object = objectNames(owned.roles);
    return [{ kind: "drop_owned", object }, ...andCascade(owned.behavior, object)];
  }
  const other = otherObject(node);
  return other === undefined ? [] : [{ kind: "drop_object", object: other }];
}

function objects({ removeType = "OBJECT_TABLE", objects: named = [], behavior }: NodeOf<"DropStmt">): Found[] {
  const kind = KIND_OF[removeType] ?? "drop_object";
  return named.flatMap((each) => {
    const object = objectName(each);
    return [{ kind, object }, ...andCascade(behavior, object)];
  });
}

/** Each of these has a statement of its own in the grammar. */
function otherObject(node: Node): string | undefined {
  const role = nodeOf(node, "DropRoleStmt");
  if (role !== undefined) return objectNames(role.roles);
  const mapping = nodeOf(node, "DropUserMappingStmt");
  if (mapping !== undefined) return qualified(mapping.servername, roleName(mapping.user));
  const subscription = nodeOf(node, "DropSubscriptionStmt");
  if (subscription !== undefined) return qualified(subscription.subname);
  const publication = nodeOf(node, "AlterPublicationStmt");
  if (publication?.action === "AP_DropObjects") return qualified(publication.pubname);
  const family = nodeOf(node, "AlterOpFamilyStmt");
  if (family?.isDrop === true) return objectNames(family.opfamilyname);
  const search = nodeOf(node, "AlterTSConfigurationStmt");
  if (search?.kind === "ALTER_TSCONFIG_DROP_MAPPING") return search.cfgname?.flatMap(objectName).join(".");
  return (
    qualified(nodeOf(node, "DropdbStmt")?.dbname ?? nodeOf(node, "DropTableSpaceStmt")?.tablespacename) || undefined
  );
}
