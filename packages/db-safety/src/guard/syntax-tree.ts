import type { Node } from "libpg-query";

type KeysOf<T> = T extends unknown ? keyof T : never;
export type NodeName = KeysOf<Node>;
/** A node without the name it is wrapped in. */
export type NodeOf<Name extends NodeName> = Extract<Node, Record<Name, unknown>>[Name];

/** Every node of this name at or below a value. Without recursion: a statement is nested as deeply as its author likes. */
export function nodesNamed<Name extends NodeName>(root: unknown, wanted: Name): NodeOf<Name>[] {
  const found: NodeOf<Name>[] = [];
  const left: unknown[] = [root];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null) continue;
    for (const [name, child] of Object.entries(value).toReversed()) {
      if (name === wanted) found.push(child);
      left.push(child);
    }
  }
  return found;
}

/** The node below a wrapper of this name; undefined for another one. */
export function nodeOf<Name extends NodeName>(node: Node | undefined, name: Name): NodeOf<Name> | undefined {
  return (node as Partial<Record<Name, NodeOf<Name>>> | undefined)?.[name];
}
