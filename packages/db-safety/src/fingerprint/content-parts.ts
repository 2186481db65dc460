import { sql } from "kysely";
import type { Session } from "../session.ts";
import { IS_CONTENT } from "./definition.ts";
import type { FingerprintPart } from "./fingerprint-part.ts";

type Relation = { schema: string; name: string; title: string };

/** As many sequences as are read with one statement. */
const SEQUENCES_AT_ONCE = 100;

/** Row text is hashed in the server, and added up: no order of rows has a say, and what comes back is two numbers. */
export async function rowParts(session: Session): Promise<FingerprintPart[]> {
  const parts: FingerprintPart[] = [];
  for (const { schema, name, title } of await relations(session, sql`c.relkind in ('r', 'm') and c.relispopulated`)) {
    // The output function itself, because a cast of a row to text is one that the table's owner can define.
    const [row] = await session.run(sql<{ hash: string }>`
      select pg_catalog.concat_ws(':', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(
        pg_catalog.textin(pg_catalog.record_out(t.*)) collate pg_catalog."C", 0))) as hash
      from only ${sql.id(schema, name)} t`);
    parts.push({ kind: "rows of", name: title, hash: row?.hash ?? "" });
  }
  return parts;
}

/** Where each sequence stands. How many values it has logged ahead is the server's own business. */
export async function sequenceParts(session: Session): Promise<FingerprintPart[]> {
  const sequences = await relations(session, sql`c.relkind = 'S'`);
  const parts: FingerprintPart[] = [];
  for (let at = 0; at < sequences.length; at += SEQUENCES_AT_ONCE) {
    const values = sequences.slice(at, at + SEQUENCES_AT_ONCE).map(
      ({ schema, name, title }) => sql`
        select ${sql.lit(title)}::text as name, pg_catalog.concat_ws(':', last_value, is_called) as hash
        from ${sql.id(schema, name)}`,
    );
    const read = await session.run(sql<Omit<FingerprintPart, "kind">>`${sql.join(values, sql` union all `)}`);
    parts.push(...read.map((part) => ({ kind: "value of", ...part })));
  }
  return parts;
}

export async function largeObjectParts(session: Session): Promise<FingerprintPart[]> {
  const [row] = await session.run(sql<{ hash: string }>`
    select pg_catalog.concat_ws(':', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(
      pg_catalog.concat(oid, ':', pg_catalog.md5(pg_catalog.lo_get(oid))) collate pg_catalog."C", 0))) as hash
    from pg_catalog.pg_largeobject_metadata`);
  return [{ kind: "large", name: "objects", hash: row?.hash ?? "" }];
}

function relations(session: Session, which: ReturnType<typeof sql>): Promise<Relation[]> {
  return session.run(sql<Relation>`
    select n.nspname as schema, c.relname as name, c.oid::pg_catalog.regclass::text as title
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where ${which} and ${IS_CONTENT} order by 1, 2`);
}
