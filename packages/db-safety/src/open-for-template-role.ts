import { TEMPLATE_ROLE } from "@oroboros/slot-contract";
import { sql } from "kysely";
import type { Session } from "./session.ts";

/** Lets the templates' role into a database that was just made and lets nobody in yet: PUBLIC's right to connect goes first. */
export async function openForTemplateRole(owner: Session, database: string): Promise<void> {
  const name = sql.id(database);
  await owner.run(sql`revoke all on database ${name} from public`);
  await owner.run(sql`grant connect, create, temporary on database ${name} to ${sql.id(TEMPLATE_ROLE)}`);
  await owner.run(sql`alter database ${name} with allow_connections true`);
}
