/** SQLAlchemy's spelling of a PostgreSQL URL, as the documents write it, in the driver's spelling. */
export function normalizePostgresUrl(url: string): string {
  return url.replace(/^postgres(ql)?(\+psycopg)?:\/\//, "postgresql://");
}
