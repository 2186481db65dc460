import { RUNTIME_SCHEMA } from "@oroboros/slot-contract";
import { sql } from "kysely";
import { FIRST_OWN_OID, grantsOf, IS_CONTENT, type DefinitionQuery } from "./definition.ts";

const DATABASE: DefinitionQuery = sql`
  select 'database' as kind, 'locale' as name,
    pg_catalog.jsonb_build_array(pg_catalog.pg_encoding_to_char(encoding), datcollate, datctype)::text as definition
  from pg_catalog.pg_database where datname = pg_catalog.current_database()`;

const SCHEMAS: DefinitionQuery = sql`
  select 'schema' as kind, n.oid::pg_catalog.regnamespace::text as name,
    ${grantsOf(sql`n.nspacl`, sql`n.nspowner`, "n")}::text as definition
  from pg_catalog.pg_namespace n where ${IS_CONTENT}`;

const EXTENSIONS: DefinitionQuery = sql`
  select 'extension' as kind, pg_catalog.quote_ident(extname) as name,
    pg_catalog.jsonb_build_array(extversion, extnamespace::pg_catalog.regnamespace::text)::text as definition
  from pg_catalog.pg_extension`;

/** Without composite types, which are relations, and without the types that tables, arrays and ranges bring along. */
const TYPES: DefinitionQuery = sql`
  select 'type' as kind, t.oid::pg_catalog.regtype::text as name,
    pg_catalog.jsonb_build_array(
      t.typtype, t.typinput, t.typoutput, pg_catalog.format_type(nullif(t.typbasetype, 0), t.typtypmod), t.typnotnull,
      t.typdefault, nullif(t.typcollation, 0)::pg_catalog.regcollation::text, ${grantsOf(sql`t.typacl`, sql`t.typowner`, "T")},
      (select pg_catalog.jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_catalog.pg_enum e where e.enumtypid = t.oid),
      (select pg_catalog.jsonb_build_array(
          r.rngsubtype::pg_catalog.regtype::text, nullif(r.rngcollation, 0)::pg_catalog.regcollation::text, r.rngcanonical,
          r.rngsubdiff) from pg_catalog.pg_range r where r.rngtypid = t.oid))::text as definition
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where t.typtype not in ('c', 'm') and t.typcategory <> 'A' and ${IS_CONTENT}`;

const COLLATIONS: DefinitionQuery = sql`
  select 'collation' as kind, c.oid::pg_catalog.regcollation::text as name,
    pg_catalog.jsonb_build_array(c.collprovider, c.collisdeterministic, c.collcollate, c.collctype)::text as definition
  from pg_catalog.pg_collation c join pg_catalog.pg_namespace n on n.oid = c.collnamespace
  where ${IS_CONTENT}`;

const TEXT_SEARCH: DefinitionQuery = sql`
  select 'text search configuration' as kind, c.oid::pg_catalog.regconfig::text as name,
    (select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
        m.maptokentype, m.mapseqno, m.mapdict::pg_catalog.regdictionary::text) order by m.maptokentype, m.mapseqno)
     from pg_catalog.pg_ts_config_map m where m.mapcfg = c.oid)::text as definition
  from pg_catalog.pg_ts_config c join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
  where ${IS_CONTENT}
  union all
  select 'text search dictionary', d.oid::pg_catalog.regdictionary::text, d.dictinitoption
  from pg_catalog.pg_ts_dict d join pg_catalog.pg_namespace n on n.oid = d.dictnamespace
  where ${IS_CONTENT}`;

const DEFAULT_GRANTS: DefinitionQuery = sql`
  select 'default privileges' as kind,
    pg_catalog.concat_ws(' ', coalesce(nullif(d.defaclnamespace, 0)::pg_catalog.regnamespace::text, 'everywhere'),
      d.defaclobjtype, pg_catalog.pg_get_userbyid(d.defaclrole)) as name,
    ${grantsOf(sql`d.defaclacl`, sql`d.defaclrole`, null)}::text as definition
  from pg_catalog.pg_default_acl d`;

/** What is rare, by its name alone. */
const EXISTING: DefinitionQuery = sql`
  select i.type as kind, i.identity as name, '' as definition
  from (
    select 'pg_catalog.pg_opclass'::pg_catalog.regclass as class, oid from pg_catalog.pg_opclass
    union all select 'pg_catalog.pg_opfamily'::pg_catalog.regclass, oid from pg_catalog.pg_opfamily
    union all select 'pg_catalog.pg_conversion'::pg_catalog.regclass, oid from pg_catalog.pg_conversion
    union all select 'pg_catalog.pg_language'::pg_catalog.regclass, oid from pg_catalog.pg_language
    union all select 'pg_catalog.pg_publication'::pg_catalog.regclass, oid from pg_catalog.pg_publication
    union all select 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, oid from pg_catalog.pg_event_trigger
    union all select 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, oid from pg_catalog.pg_foreign_server
  ) o, pg_catalog.pg_identify_object(o.class, o.oid, 0) i
  where o.oid >= ${FIRST_OWN_OID}`;

const COMMENTS: DefinitionQuery = sql`
  select 'comment on' as kind, pg_catalog.concat_ws(' ', i.type, i.identity) as name, d.description as definition
  from pg_catalog.pg_description d, pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
  where (d.objoid >= ${FIRST_OWN_OID} or i.type = 'schema')
    and coalesce(i.schema, i.identity) not in ('pg_catalog', 'information_schema', 'pg_toast', ${sql.lit(RUNTIME_SCHEMA)})`;

export const OTHER_DEFINITIONS = [
  DATABASE,
  SCHEMAS,
  EXTENSIONS,
  TYPES,
  COLLATIONS,
  TEXT_SEARCH,
  DEFAULT_GRANTS,
  EXISTING,
  COMMENTS,
];
