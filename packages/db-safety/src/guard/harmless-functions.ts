/** PostgreSQL's own that migrations call for their own sake, or that read: none of them changes a table. */
const HARMLESS = new Set(
  `setval nextval currval lastval set_config current_setting now clock_timestamp count sum min max avg lower upper length format
  concat concat_ws replace btrim ltrim rtrim substr substring split_part abs round ceil floor random gen_random_uuid row_to_json
  extract age generate_series unnest string_agg cardinality md5 sha256 encode decode version current_database current_schema
  current_schemas obj_description col_description bool_and bool_or every row_number rank dense_rank lag lead first_value last_value
  format_type timezone txid_current to_char to_date
  to_timestamp to_number to_regclass to_json to_jsonb to_tsvector to_tsquery date_trunc date_part quote_ident quote_literal
  quote_nullable has_table_privilege has_schema_privilege has_column_privilege`.split(/\s+/),
);

/** Whether it is read as PostgreSQL's own: of schema `pg_catalog`, or so called without a schema. */
export function isHarmlessFunction(name: readonly string[]): boolean {
  const last = name.at(-1) ?? "";
  if (name.length > 1 && name[0] !== "pg_catalog") return false;
  return HARMLESS.has(last) || /^(pg_(?!terminate|cancel)|jsonb?_|regexp_|array_)/.test(last);
}
