import type { Node } from "libpg-query";
import { andCascade, type Found } from "./found.ts";
import { objectNames } from "./object-name.ts";
import { nodeOf } from "./syntax-tree.ts";

/** REVOKE, of privileges, of roles and as a default. */
export function takenRights(node: Node): Found[] {
  const grant = nodeOf(node, "GrantStmt") ?? nodeOf(node, "AlterDefaultPrivilegesStmt")?.action;
  if (grant !== undefined && grant.is_grant !== true) {
    const object = `${objectNames(grant.objects) || "objects made later"} from ${objectNames(grant.grantees)}`;
    return [{ kind: "revoke", object }, ...andCascade(grant.behavior, object)];
  }
  const roles = nodeOf(node, "GrantRoleStmt");
  if (roles === undefined || roles.is_grant === true) return [];
  const granted = (roles.granted_roles ?? []).map((each) => nodeOf(each, "AccessPriv")?.priv_name).join(", ");
  return [{ kind: "revoke", object: `${granted} from ${objectNames(roles.grantee_roles)}` }];
}
