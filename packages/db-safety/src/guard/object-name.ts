import type { Node, RangeVar, RoleSpec } from "libpg-query";
import { nodeOf } from "./syntax-tree.ts";

const PLAIN = /^[a-z_][a-z0-9_$]*$/;

const quoted = (name: string): string => (PLAIN.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

/** Names as SQL would write them, from the widest to the narrowest: `shop.items.price`. */
export const qualified = (...names: (string | undefined)[]): string =>
  names.flatMap((name) => (name === undefined || name === "" ? [] : [quoted(name)])).join(".");

export const relationName = (relation: RangeVar | undefined, ...rest: (string | undefined)[]): string =>
  qualified(relation?.catalogname, relation?.schemaname, relation?.relname, ...rest);

/** The strings of a node that names something: a name, a list of them, a function with its arguments, a type. */
export function namesOf(node: Node | undefined): string[] {
  const text = nodeOf(node, "String")?.sval;
  if (text !== undefined) return [text];
  const list =
    nodeOf(node, "List")?.items ?? nodeOf(node, "ObjectWithArgs")?.objname ?? nodeOf(node, "TypeName")?.names ?? [];
  const relation = nodeOf(node, "RangeVar");
  if (relation !== undefined) return [relation.schemaname, relation.relname].filter((name) => name !== undefined);
  const role = nodeOf(node, "RoleSpec");
  if (role !== undefined) return [roleName(role)];
  return list.flatMap(namesOf);
}

export const objectName = (node: Node | undefined): string => qualified(...namesOf(node));

export const objectNames = (nodes: readonly Node[] = []): string => nodes.map(objectName).filter(Boolean).join(", ");

/** `CURRENT_USER` and its like have no name of their own. */
export const roleName = (role: RoleSpec | undefined): string =>
  role?.rolename ?? role?.roletype?.replace("ROLESPEC_", "").toLowerCase() ?? "";
