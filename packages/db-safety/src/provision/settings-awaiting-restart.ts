import { sql } from "kysely";
import { openAsSuperuser } from "./superuser-access.ts";

/**
 * The settings of a file that the server has read, or would read now, and that hold only once it is started again. One that a later file
 * or line overrides is not among them.
 *
 * @throws OperatorError `invalid_url` or `unreachable`.
 */
export async function settingsAwaitingRestart(request: { superuserUrl: string; file: string }): Promise<string[]> {
  await using superuser = await openAsSuperuser(request.superuserUrl);
  // What can be applied has no error, and neither has what is overridden (system-views-pg_file_settings).
  const rows = await superuser.run(sql<{ name: string }>`
    select settings.name from pg_catalog.pg_file_settings as files
    join pg_catalog.pg_settings as settings on pg_catalog.lower(settings.name) = pg_catalog.lower(files.name)
    where files.sourcefile = ${request.file} and settings.context = 'postmaster' and not files.applied
      and files.error is not null
    order by settings.name`);
  return rows.map(({ name }) => name);
}
