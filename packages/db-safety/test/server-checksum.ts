import { createHash } from "node:crypto";
import { queryRows } from "@oroboros/test-support";

/** Everything that all databases of a server share. */
const CATALOG = [
  `select d.oid, datname, datdba::regrole::text, datacl::text, datallowconn, datistemplate, datconnlimit,
     shobj_description(d.oid, 'pg_database') from pg_database d order by 1`,
  "select oid, rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolinherit, rolconnlimit, rolpassword, shobj_description(oid, 'pg_authid') from pg_authid order by 1",
  "select roleid, member, admin_option from pg_auth_members order by 1, 2",
  "select setdatabase, setrole, setconfig::text from pg_db_role_setting order by 1, 2",
  "select oid, spcname, spcacl::text from pg_tablespace order by 1",
];

/** What one database has of its own: definitions, rights, large objects; its tables come on top of it. */
const CONTENT = [
  "select oid, nspname, nspowner, nspacl::text from pg_namespace where nspname !~ '^pg_(toast_)?temp' order by 1",
  "select oid, relname, relowner, relacl::text, relkind from pg_class where relnamespace <> 'pg_toast'::regnamespace and relpersistence <> 't' order by 1",
  "select oid, proname, prosrc, proacl::text from pg_proc where pronamespace <> 'pg_catalog'::regnamespace order by 1",
  "select oid, extname from pg_extension order by 1",
  "select loid, pageno, md5(data) from pg_largeobject order by 1, 2",
  "select evtname from pg_event_trigger order by 1",
];
const TABLES = `
  select format('%I.%I', schemaname, tablename) as name from pg_tables
  where schemaname not in ('pg_catalog', 'information_schema') order by 1`;

/** A hash for each table, and for each database's definitions, and for what all of them share. */
export type ServerChecksum = Readonly<Record<string, string>>;

/** Of everything that a server holds, rows, rights, roles and comments: equal means that nothing was changed. */
export async function serverChecksum(superuserUrl: (database?: string) => string): Promise<ServerChecksum> {
  const parts: Record<string, string> = {};
  const databases = await columnOf(
    superuserUrl(),
    "select datname as name from pg_database where datallowconn order by 1",
  );
  parts["server"] = hashOf(await queryRows(superuserUrl(), ...CATALOG));
  for (const database of databases) {
    const tables = await columnOf(superuserUrl(database), TABLES);
    const rows = tables.map((table) => `select md5(t::text) from ${table} t order by 1`);
    const found = await queryRows(superuserUrl(database), ...CONTENT, ...rows);
    parts[database] = hashOf(found.slice(0, CONTENT.length));
    tables.forEach((table, index) => (parts[`${database}: ${table}`] = hashOf(found[CONTENT.length + index])));
  }
  return parts;
}

const hashOf = (rows: unknown): string => createHash("sha256").update(JSON.stringify(rows)).digest("hex");

async function columnOf(url: string, statement: string): Promise<string[]> {
  const [rows] = await queryRows(url, statement);
  return (rows as { name: string }[]).map(({ name }) => name);
}
