import { TEMPLATE_ROLE } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { openForTemplateRole } from "./open-for-template-role.ts";
import type { Session } from "./session.ts";
import { openAsOwner } from "./sessions.ts";
import type { SlotServer } from "./slot-server.ts";

/** From template0, whose contents no one can have changed, and closed until PUBLIC's right to connect is gone. */
export async function createForTemplateRole(server: SlotServer, owner: Session, database: string): Promise<void> {
  await owner.run(sql`create database ${sql.id(database)} template template0 allow_connections false`);
  await openForTemplateRole(owner, database);
  await using inside = await openAsOwner(server, database);
  await inside.run(sql`alter schema public owner to ${sql.id(TEMPLATE_ROLE)}`);
}
