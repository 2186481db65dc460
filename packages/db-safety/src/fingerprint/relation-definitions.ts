import { sql } from "kysely";
import { grantsOf, IS_CONTENT, type DefinitionQuery } from "./definition.ts";

const OWNER = sql`c.relowner`;

const COLUMNS = sql`(
  select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(
      a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
      nullif(a.attcollation, 0)::pg_catalog.regcollation::text, pg_catalog.pg_get_expr(d.adbin, d.adrelid),
      a.attstorage, a.attcompression, a.attislocal, a.attoptions, a.attfdwoptions, ${grantsOf(sql`a.attacl`, OWNER, null)}
    ) order by a.attnum)
  from pg_catalog.pg_attribute a
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)`;

const PARENTS = sql`(
  select pg_catalog.jsonb_agg(i.inhparent::pg_catalog.regclass::text order by i.inhseqno)
  from pg_catalog.pg_inherits i where i.inhrelid = c.oid)`;

/** Tables, views and composite types with their columns. A view is described and never executed. */
const RELATIONS: DefinitionQuery = sql`
  select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
      when 'c' then 'type' else 'table' end as kind,
    c.oid::pg_catalog.regclass::text as name,
    pg_catalog.jsonb_build_array(
      c.relkind, c.relpersistence, c.relreplident, c.relrowsecurity, c.relforcerowsecurity, c.relispopulated, c.reloptions,
      (select amname from pg_catalog.pg_am where oid = c.relam), nullif(c.reloftype, 0)::pg_catalog.regtype::text,
      case c.relkind when 'p' then pg_catalog.pg_get_partkeydef(c.oid) end,
      pg_catalog.pg_get_expr(c.relpartbound, c.oid), ${PARENTS},
      case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end,
      ${grantsOf(sql`c.relacl`, OWNER, "r")}, ${COLUMNS})::text as definition
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and ${IS_CONTENT}`;

const SEQUENCES: DefinitionQuery = sql`
  select 'sequence' as kind, c.oid::pg_catalog.regclass::text as name,
    pg_catalog.jsonb_build_array(
      c.relpersistence, s.seqtypid::pg_catalog.regtype::text, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
      s.seqcycle, ${grantsOf(sql`c.relacl`, OWNER, "s")},
      (select pg_catalog.jsonb_agg(pg_catalog.pg_describe_object(refclassid, refobjid, refobjsubid))
       from pg_catalog.pg_depend where classid = 'pg_catalog.pg_class'::pg_catalog.regclass and objid = c.oid
         and deptype in ('a', 'i')))::text as definition
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_sequence s on s.seqrelid = c.oid
  where ${IS_CONTENT}`;

const INDEXES: DefinitionQuery = sql`
  select 'index' as kind, c.oid::pg_catalog.regclass::text as name,
    pg_catalog.jsonb_build_array(
      pg_catalog.pg_get_indexdef(c.oid), i.indisvalid, i.indisclustered, i.indisreplident, c.reloptions)::text as definition
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${IS_CONTENT}`;

const CONSTRAINTS: DefinitionQuery = sql`
  select 'constraint' as kind,
    pg_catalog.concat(coalesce(nullif(k.conrelid, 0)::pg_catalog.regclass::text, k.contypid::pg_catalog.regtype::text), '.',
      pg_catalog.quote_ident(k.conname)) as name,
    pg_catalog.jsonb_build_array(
      k.contype, pg_catalog.pg_get_constraintdef(k.oid), k.convalidated, k.conislocal, k.connoinherit)::text as definition
  from pg_catalog.pg_constraint k join pg_catalog.pg_namespace n on n.oid = k.connamespace
  where ${IS_CONTENT}`;

const STATISTICS: DefinitionQuery = sql`
  select 'statistics' as kind, pg_catalog.format('%I.%I', n.nspname, s.stxname) as name,
    pg_catalog.pg_get_statisticsobjdef(s.oid) as definition
  from pg_catalog.pg_statistic_ext s join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
  where ${IS_CONTENT}`;

export const RELATION_DEFINITIONS = [RELATIONS, SEQUENCES, INDEXES, CONSTRAINTS, STATISTICS];
