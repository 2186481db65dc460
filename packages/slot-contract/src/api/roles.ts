/** Roles of an API token, each including the ones before it. */
export const ROLES = ["viewer", "agent", "operator"] as const;
export type Role = (typeof ROLES)[number];

export const includesRole = (held: Role, needed: Role): boolean => ROLES.indexOf(held) >= ROLES.indexOf(needed);
