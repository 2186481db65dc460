/** Roles of an API token, each including the ones before it. */
export const ROLES = ["viewer", "agent", "operator"] as const;
export type Role = (typeof ROLES)[number];

export const includesRole = (held: Role, needed: Role): boolean => ROLES.indexOf(held) >= ROLES.indexOf(needed);

/** Group of the host whose members pass as operators without a token, as root does. */
export const OPERATORS_GROUP = "oroboros-operators";
