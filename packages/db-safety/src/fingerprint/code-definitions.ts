import { sql } from "kysely";
import { FIRST_OWN_OID, grantsOf, IS_CONTENT, roleName, type DefinitionQuery } from "./definition.ts";

/** `pg_get_functiondef` knows all of a function, and no aggregate. */
const FUNCTIONS: DefinitionQuery = sql`
  select case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end as kind,
    p.oid::pg_catalog.regprocedure::text as name,
    pg_catalog.jsonb_build_array(
      case when p.prokind <> 'a' then pg_catalog.pg_get_functiondef(p.oid) end,
      (select pg_catalog.jsonb_build_array(
          a.aggkind, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggtranstype::pg_catalog.regtype::text, a.agginitval,
          a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn, a.aggminitval, nullif(a.aggsortop, 0)::pg_catalog.regoperator::text)
       from pg_catalog.pg_aggregate a where a.aggfnoid = p.oid),
      ${grantsOf(sql`p.proacl`, sql`p.proowner`, "f")})::text as definition
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where ${IS_CONTENT}`;

const TRIGGERS: DefinitionQuery = sql`
  select 'trigger' as kind,
    pg_catalog.concat(t.tgrelid::pg_catalog.regclass::text, '.', pg_catalog.quote_ident(t.tgname)) as name,
    pg_catalog.jsonb_build_array(pg_catalog.pg_get_triggerdef(t.oid), t.tgenabled)::text as definition
  from pg_catalog.pg_trigger t
  join pg_catalog.pg_class c on c.oid = t.tgrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where not t.tgisinternal and ${IS_CONTENT}`;

/** But for the rules that views are made of. */
const RULES: DefinitionQuery = sql`
  select 'rule' as kind,
    pg_catalog.concat(r.ev_class::pg_catalog.regclass::text, '.', pg_catalog.quote_ident(r.rulename)) as name,
    pg_catalog.jsonb_build_array(pg_catalog.pg_get_ruledef(r.oid), r.ev_enabled)::text as definition
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where r.rulename <> '_RETURN' and ${IS_CONTENT}`;

const POLICIES: DefinitionQuery = sql`
  select 'policy' as kind,
    pg_catalog.concat(p.polrelid::pg_catalog.regclass::text, '.', pg_catalog.quote_ident(p.polname)) as name,
    pg_catalog.jsonb_build_array(
      p.polcmd, p.polpermissive,
      (select pg_catalog.jsonb_agg(${roleName(sql`role`, sql`c.relowner`)} order by ${roleName(sql`role`, sql`c.relowner`)})
       from pg_catalog.unnest(p.polroles) role),
      pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))::text as definition
  from pg_catalog.pg_policy p
  join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${IS_CONTENT}`;

const CASTS: DefinitionQuery = sql`
  select 'cast' as kind,
    pg_catalog.format('%s as %s', k.castsource::pg_catalog.regtype, k.casttarget::pg_catalog.regtype) as name,
    pg_catalog.jsonb_build_array(
      nullif(k.castfunc, 0)::pg_catalog.regprocedure::text, k.castcontext, k.castmethod)::text as definition
  from pg_catalog.pg_cast k where k.oid >= ${FIRST_OWN_OID}`;

const OPERATORS: DefinitionQuery = sql`
  select 'operator' as kind, o.oid::pg_catalog.regoperator::text as name,
    pg_catalog.jsonb_build_array(
      o.oprcode, nullif(o.oprcom, 0)::pg_catalog.regoperator::text, nullif(o.oprnegate, 0)::pg_catalog.regoperator::text,
      o.oprrest, o.oprjoin, o.oprcanmerge, o.oprcanhash)::text as definition
  from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
  where ${IS_CONTENT}`;

export const CODE_DEFINITIONS = [FUNCTIONS, TRIGGERS, RULES, POLICIES, CASTS, OPERATORS];
